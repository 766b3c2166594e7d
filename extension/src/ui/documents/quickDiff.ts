import * as vscode from 'vscode';
import type { Entry } from '../../core/entry';
import { syncedDocument } from './serverDocuments';
import { setting } from '../shared/settings';
import { relativePath } from '../workspace/relativePath';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

/** Larger files are not worth fetching for gutter marks. */
const maxBytes = 1 << 20;

/** Marks lines in the gutter that differ from the last synced version. */
export function registerQuickDiff(folders: WorkspaceFolders): vscode.Disposable {
  return new QuickDiff(folders);
}

interface Original {
  readonly owner: SyncedFolder;
  readonly path: string;
  readonly hash: string;
}

/**
 * VS Code takes quick diffs from source controls only, and shows each as a row in the Source Control view. Therefore
 * all folders share one, created when the first file that needs it is shown. It has no root: otherwise it would compete
 * there with a git repository to be the active source control, whose branch the status bar shows.
 */
class QuickDiff implements vscode.QuickDiffProvider, vscode.Disposable {
  readonly #folders: WorkspaceFolders;
  readonly #subscriptions: vscode.Disposable[];
  #control: vscode.SourceControl | undefined;
  /** The hash of the original of each document that VS Code asked for; undefined if it has none. */
  readonly #provided = new Map<string, { readonly uri: vscode.Uri; readonly hash: string | undefined }>();
  /** Whether an original can be read, by its document and hash. */
  readonly #readable = new Map<string, Promise<boolean>>();
  #connections = '';

  constructor(folders: WorkspaceFolders) {
    this.#folders = folders;
    this.#subscriptions = [
      folders.onDidChange(() => this.#update()),
      vscode.window.onDidChangeVisibleTextEditors(() => this.#update()),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#provided.delete(uri.toString())),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('palmtree.quickDiff')) this.#update();
      }),
    ];
  }

  async provideOriginalResource(uri: vscode.Uri): Promise<vscode.Uri | undefined> {
    const original = this.#originalOf(uri);
    this.#provided.set(uri.toString(), { uri, hash: original?.hash });
    if (original === undefined) return undefined;
    const document = syncedDocument(original.owner, original.path);
    return (await this.#isReadable(document, original.hash)) ? document : undefined;
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#control?.dispose();
  }

  #update(): void {
    if (!this.#folders.all.some(isEnabled)) {
      this.#control?.dispose();
      this.#control = undefined;
      return;
    }
    if (this.#control === undefined) {
      const visible = vscode.window.visibleTextEditors.map(({ document }) => document.uri);
      if (visible.some((uri) => this.#originalOf(uri) !== undefined)) this.#start();
      return;
    }
    const isOutdated = [...this.#provided.values()].some(({ uri, hash }) => this.#originalOf(uri)?.hash !== hash);
    if (this.#haveConnectionsChanged() || isOutdated) this.#reload(this.#control);
  }

  #start(): void {
    this.#provided.clear();
    this.#haveConnectionsChanged();
    this.#control = vscode.scm.createSourceControl('palmtree', 'Palmtree');
    this.#control.inputBox.visible = false;
    this.#control.count = 0;
    this.#control.quickDiffProvider = this;
  }

  /** Sets the provider again, since it has no event to report changed originals with. */
  #reload(control: vscode.SourceControl): void {
    // Undefined removes the provider, though the types do not allow it.
    Object.assign(control, { quickDiffProvider: undefined });
    control.quickDiffProvider = this;
  }

  /** Whether a server has become reachable or unreachable since the last call. If so, all originals are read again. */
  #haveConnectionsChanged(): boolean {
    const stateOf = ({ sync: { isConnected, connectionCount, state } }: SyncedFolder): string =>
      `${isConnected} ${connectionCount} ${state.offline?.code}`;
    const connections = this.#folders.all.map(stateOf).join();
    if (connections === this.#connections) return false;
    this.#connections = connections;
    this.#readable.clear();
    return true;
  }

  #originalOf(uri: vscode.Uri): Original | undefined {
    const owner = this.#folders.folderOf(uri);
    const path = owner && relativePath(owner.folder, uri);
    if (owner === undefined || path === undefined || !isEnabled(owner)) return undefined;
    const entry = owner.sync.history.ancestorEntry(path);
    return entry !== undefined && isComparable(entry) ? { owner, path, hash: entry.hash } : undefined;
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

function isEnabled({ folder, sync }: SyncedFolder): boolean {
  return sync.isConnected && setting('quickDiff', folder.uri);
}

/** False for links, since the editor shows their target's content. */
function isComparable({ kind, size }: Entry): boolean {
  return kind === 'file' && size <= maxBytes;
}
