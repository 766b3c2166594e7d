import * as vscode from 'vscode';
import type { Entry } from '../../core/entry';
import { syncedDocument } from './serverDocuments';
import { relativePath } from '../workspace/relativePath';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** Larger files are not worth fetching for gutter marks. */
const maxBytes = 1 << 20;

/** Marks lines in the gutter that differ from the last synced version, in the files of one folder. */
export class QuickDiff implements vscode.QuickDiffProvider, vscode.Disposable {
  readonly #owner: SyncedFolder;
  readonly #control: vscode.SourceControl;
  readonly #subscription: vscode.Disposable;
  /** The hash of the original of each document that VS Code asked for; undefined if it has none. */
  readonly #provided = new Map<string, { readonly uri: vscode.Uri; readonly hash: string | undefined }>();
  /** Whether an original can be read, by its document and hash. */
  readonly #readable = new Map<string, Promise<boolean>>();
  #connection: string;

  constructor(owner: SyncedFolder, control: vscode.SourceControl) {
    this.#owner = owner;
    this.#control = control;
    this.#connection = connectionOf(owner);
    this.#subscription = vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#provided.delete(uri.toString()));
    control.quickDiffProvider = this;
  }

  async provideOriginalResource(uri: vscode.Uri): Promise<vscode.Uri | undefined> {
    const original = this.#originalOf(uri);
    this.#provided.set(uri.toString(), { uri, hash: original?.hash });
    if (original === undefined) return undefined;
    const document = syncedDocument(this.#owner, original.path);
    return (await this.#isReadable(document, original.hash)) ? document : undefined;
  }

  /** To be called when the state of the folder may have changed. */
  update(): void {
    const isOutdated = [...this.#provided.values()].some(({ uri, hash }) => this.#originalOf(uri)?.hash !== hash);
    if (this.#hasConnectionChanged() || isOutdated) this.#reload();
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  /** Sets the provider again, since it has no event to report changed originals with. */
  #reload(): void {
    // Undefined removes the provider, though the types do not allow it.
    Object.assign(this.#control, { quickDiffProvider: undefined });
    this.#control.quickDiffProvider = this;
  }

  /** Whether the server has become reachable or unreachable since the last call. If so, all originals are read again. */
  #hasConnectionChanged(): boolean {
    const connection = connectionOf(this.#owner);
    if (connection === this.#connection) return false;
    this.#connection = connection;
    this.#readable.clear();
    return true;
  }

  #originalOf(uri: vscode.Uri): { readonly path: string; readonly hash: string } | undefined {
    const { folder, sync } = this.#owner;
    const path = relativePath(folder, uri);
    if (path === undefined) return undefined;
    const entry = sync.history.ancestorEntry(path);
    return entry !== undefined && isComparable(entry) ? { path, hash: entry.hash } : undefined;
  }

  /** VS Code asks at every keystroke, so each original is read once. */
  #isReadable(document: vscode.Uri, hash: string): Promise<boolean> {
    const key = `${document.toString()}#${hash}`;
    const pending = this.#readable.get(key);
    if (pending !== undefined) return pending;
    const reading = Promise.resolve(vscode.workspace.fs.readFile(document)).then(
      () => true,
      () => false,
    );
    this.#readable.set(key, reading);
    return reading;
  }
}

function connectionOf({ sync: { isConnected, connectionCount, state } }: SyncedFolder): string {
  return `${isConnected} ${connectionCount} ${state.offline?.code}`;
}

/** False for links, since the editor shows their target's content. */
function isComparable({ kind, size }: Entry): boolean {
  return kind === 'file' && size <= maxBytes;
}
