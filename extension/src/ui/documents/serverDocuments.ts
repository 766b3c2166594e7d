import { readlink } from 'node:fs/promises';
import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import { serverScheme } from '../shared/ids';
import { statIfExists } from './statIfExists';
import { messageFor } from '../shared/errorMessages';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

/** A diff shows two documents and the merge editor three; each is asked for its size and then for its content. */
const kept = 4;

/** Where `path` as it stood in `revision` is read. In revision 0 everything is empty. */
export function serverDocument(owner: SyncedFolder, path: string, revision: number): vscode.Uri {
  return documentAt(owner, path, { revision: String(revision) });
}

/** Where what both sides agreed on last at `path` is read; it changes as pushes and pulls go on. */
export function syncedDocument(owner: SyncedFolder, path: string): vscode.Uri {
  return documentAt(owner, path, { agreed: 'last' });
}

/**
 * Where what stands at `path` now is read, kept in step or not; nothing is empty. A link is the text of its target, as
 * the server keeps it.
 */
export async function localDocument(owner: SyncedFolder, path: string): Promise<vscode.Uri> {
  const file = vscode.Uri.joinPath(owner.folder.uri, ...path.split('/'));
  const stat = await statIfExists(file);
  if (stat === undefined) return serverDocument(owner, path, 0);
  return (stat.type & vscode.FileType.SymbolicLink) === 0 ? file : documentAt(owner, path, { link: 'here' });
}

/** The file of the workspace that a document is a version of. */
export function fileOfDocument(uri: vscode.Uri): vscode.Uri | undefined {
  const folder = new URLSearchParams(uri.query).get('folder');
  return folder === null ? undefined : vscode.Uri.joinPath(vscode.Uri.parse(folder), uri.path);
}

/** The path stands last, so that its ending tells the language; the rest tells one version from another. */
function documentAt({ folder, sync }: SyncedFolder, path: string, version: Record<string, string>): vscode.Uri {
  const tree = sync.state.binding?.tree ?? '';
  const query = new URLSearchParams({ folder: folder.uri.toString(), tree, ...version });
  return vscode.Uri.from({ scheme: serverScheme, path: `/${path}`, query: query.toString() });
}

/** Shows versions of files. A file system and not a text provider: images and binary files are to be seen too. */
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
  /** By document and content, oldest first. */
  readonly #contents = new Map<string, Promise<Uint8Array>>();
  /** What the documents of agreed content were last seen to be, by URI. */
  readonly #agreed = new Map<string, { uri: vscode.Uri; hash: string; mtime: number }>();
  readonly onDidChangeFile = this.#changed.event;

  constructor(folders: WorkspaceFolders) {
    this.#folders = folders;
    this.#subscription = folders.onDidChange(() => this.#followAgreed());
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { byteLength } = await this.readFile(uri);
    const mtime = this.#agreed.get(uri.toString())?.mtime ?? 0;
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
    throw vscode.FileSystemError.NoPermissions('versions are read one by one');
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
    const path = uri.path.slice(1);
    const { sync } = await this.#folders.find(vscode.Uri.parse(query.get('folder') ?? ''));
    if (sync.state.binding?.tree !== query.get('tree')) {
      throw new PalmtreeError('not_connected', `the folder is no longer bound to ${query.get('tree')}`);
    }
    if (query.has('link')) return readlink(fileOfDocument(uri)?.fsPath ?? '', 'buffer');
    const revision = query.get('revision');
    if (revision !== null) return this.#keeping(uri.toString(), () => sync.serverContent(path, Number(revision)));
    const hash = sync.ancestorHash(path) ?? '';
    if (!this.#agreed.has(uri.toString())) this.#agreed.set(uri.toString(), { uri, hash, mtime: 0 });
    return this.#keeping(`${uri.toString()}#${hash}`, () => sync.ancestorContent(path));
  }

  #keeping(key: string, fetch: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = this.#contents.get(key);
    if (known !== undefined) return known;
    const content = fetch();
    this.#contents.set(key, content);
    content.catch(() => this.#contents.delete(key));
    for (const oldest of this.#contents.keys()) {
      if (this.#contents.size <= kept) break;
      this.#contents.delete(oldest);
    }
    return content;
  }

  /** Tells of the agreed contents that a push or pull replaced, so that editors show the new ones. */
  #followAgreed(): void {
    const changes: vscode.FileChangeEvent[] = [];
    for (const [key, { uri, hash }] of this.#agreed) {
      const file = fileOfDocument(uri);
      const owner = file && this.#folders.folderOf(file);
      const now = owner?.sync.ancestorHash(uri.path.slice(1)) ?? '';
      if (owner === undefined || now === hash) continue;
      this.#agreed.set(key, { uri, hash: now, mtime: Date.now() });
      changes.push({ type: vscode.FileChangeType.Changed, uri });
    }
    if (changes.length > 0) this.#changed.fire(changes);
  }
}

function readOnly(): vscode.FileSystemError {
  return vscode.FileSystemError.NoPermissions('a version is never changed');
}
