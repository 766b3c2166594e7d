import { readlink } from 'node:fs/promises';
import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import { serverScheme } from '../shared/ids';
import { statIfExists } from './statIfExists';
import { messageFor } from '../shared/errorMessages';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

/** A diff shows two documents and the merge editor three; VS Code reads each for its size, then for its content. */
const maxCached = 4;

/** The URI of `path` in `revision`. In revision 0 every file is empty. */
export function serverDocument(owner: SyncedFolder, path: string, revision: number): vscode.Uri {
  return documentAt(owner, path, { revision: String(revision) });
}

/**
 * `serverDocument` with the path of the file on this disk. An editor that lists the changes of several files takes a pair
 * of different paths for a rename.
 */
export function serverDocumentInPlace(owner: SyncedFolder, path: string, revision: number): vscode.Uri {
  const { query } = documentAt(owner, path, { revision: String(revision), place: 'disk' });
  return vscode.Uri.joinPath(owner.folder.uri, ...path.split('/')).with({ scheme: serverScheme, query });
}

/** The URI of the ancestor of `path`, whose content changes with each push and pull. */
export function syncedDocument(owner: SyncedFolder, path: string): vscode.Uri {
  return documentAt(owner, path, { synced: 'last' });
}

/**
 * The URI of the local file at `path`, tracked or not; of an empty document if there is none. The document of a link
 * contains its target, as on the server.
 */
export async function localDocument(owner: SyncedFolder, path: string): Promise<vscode.Uri> {
  const file = vscode.Uri.joinPath(owner.folder.uri, ...path.split('/'));
  const stat = await statIfExists(file);
  if (stat === undefined) return serverDocument(owner, path, 0);
  return (stat.type & vscode.FileType.SymbolicLink) === 0 ? file : documentAt(owner, path, { link: 'local' });
}

/** The workspace file that a document is a version of. */
export function fileOfDocument(uri: vscode.Uri): vscode.Uri | undefined {
  const folder = new URLSearchParams(uri.query).get('folder');
  return folder === null ? undefined : vscode.Uri.joinPath(vscode.Uri.parse(folder), pathOfDocument(uri));
}

/** The path in the folder of the file that a document is a version of. */
function pathOfDocument({ path, query }: vscode.Uri): string {
  const parts = new URLSearchParams(query);
  const folder = parts.get('place') === 'disk' ? vscode.Uri.parse(parts.get('folder') ?? '').path : '';
  return path.slice(folder.length).replace(/^\//, '');
}

/** The revision of a document; undefined if it shows another version, such as the last synced one. */
export function revisionOfDocument(uri: vscode.Uri): number | undefined {
  const revision = Number(new URLSearchParams(uri.query).get('revision') ?? 0);
  return revision > 0 ? revision : undefined;
}

/** The URI has the file's path, so that the extension gives the language; the query tells versions apart. */
function documentAt({ folder, sync }: SyncedFolder, path: string, version: Record<string, string>): vscode.Uri {
  const tree = sync.state.binding?.tree ?? '';
  const query = new URLSearchParams({ folder: folder.uri.toString(), tree, ...version });
  return vscode.Uri.from({ scheme: serverScheme, path: `/${path}`, query: query.toString() });
}

/** Serves versions of files as a file system: a text document provider could not show images and other binary files. */
export function registerServerDocuments(folders: WorkspaceFolders): vscode.Disposable {
  const documents = new ServerDocuments(folders);
  const options = { isReadonly: true, isCaseSensitive: true };
  return vscode.Disposable.from(
    documents,
    vscode.workspace.registerFileSystemProvider(serverScheme, documents, options),
  );
}

class ServerDocuments implements vscode.FileSystemProvider, vscode.Disposable {
  readonly #folders: WorkspaceFolders;
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly #subscription: vscode.Disposable;
  /** By URI and version, oldest first. */
  readonly #cache = new Map<string, Promise<Uint8Array>>();
  /** The synced documents that were read, with the hash they had then, by URI. */
  readonly #synced = new Map<string, { uri: vscode.Uri; hash: string; mtime: number }>();
  readonly onDidChangeFile = this.#changed.event;

  constructor(folders: WorkspaceFolders) {
    this.#folders = folders;
    this.#subscription = folders.onDidChange(() => this.#refreshSynced());
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { byteLength } = await this.readFile(uri);
    const mtime = this.#synced.get(uri.toString())?.mtime ?? 0;
    return { type: vscode.FileType.File, ctime: 0, mtime, size: byteLength };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    try {
      return await this.#content(uri);
    } catch (error) {
      if (!(error instanceof PalmtreeError)) throw error;
      throw vscode.FileSystemError.Unavailable(messageFor(error).text);
    }
  }

  readDirectory(): never {
    throw vscode.FileSystemError.NoPermissions(vscode.l10n.t('Versions of files have no folders.'));
  }

  createDirectory(): never {
    throw readOnly();
  }

  writeFile(): never {
    throw readOnly();
  }

  delete(): never {
    throw readOnly();
  }

  rename(): never {
    throw readOnly();
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  async #content(uri: vscode.Uri): Promise<Uint8Array> {
    const query = new URLSearchParams(uri.query);
    const path = pathOfDocument(uri);
    const { sync } = await this.#folders.find(vscode.Uri.parse(query.get('folder') ?? ''));
    if (sync.state.binding?.tree !== query.get('tree')) {
      throw new PalmtreeError('not_connected', `the folder is no longer bound to ${query.get('tree')}`);
    }
    if (query.has('link')) return readlink(fileOfDocument(uri)?.fsPath ?? '', 'buffer');
    const revision = query.get('revision');
    if (revision !== null)
      return this.#cached(uri.toString(), () => sync.history.serverContent(path, Number(revision)));
    const hash = sync.history.ancestorHash(path) ?? '';
    if (!this.#synced.has(uri.toString())) this.#synced.set(uri.toString(), { uri, hash, mtime: 0 });
    return this.#cached(`${uri.toString()}#${hash}`, () => sync.history.ancestorContent(path));
  }

  #cached(key: string, fetch: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const content = fetch();
    this.#cache.set(key, content);
    content.catch(() => this.#cache.delete(key));
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= maxCached) break;
      this.#cache.delete(oldest);
    }
    return content;
  }

  /** Reports the synced documents that a push or pull changed, so that editors read them again. */
  #refreshSynced(): void {
    const changes: vscode.FileChangeEvent[] = [];
    for (const [key, { uri, hash }] of this.#synced) {
      const file = fileOfDocument(uri);
      const owner = file && this.#folders.folderOf(file);
      const now = owner?.sync.history.ancestorHash(uri.path.slice(1)) ?? '';
      if (owner === undefined || now === hash) continue;
      this.#synced.set(key, { uri, hash: now, mtime: Date.now() });
      changes.push({ type: vscode.FileChangeType.Changed, uri });
    }
    if (changes.length > 0) this.#changed.fire(changes);
  }
}

function readOnly(): vscode.FileSystemError {
  return vscode.FileSystemError.NoPermissions(vscode.l10n.t('A version is read-only.'));
}
