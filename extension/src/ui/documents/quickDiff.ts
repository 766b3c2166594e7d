import * as vscode from 'vscode';
import type { Entry } from '../../core/entry';
import { syncedDocument } from './serverDocuments';
import { setting } from '../shared/settings';
import { relativePath } from '../workspace/watcher';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

/** Marks in bigger files are not worth fetching them. */
const mostBytes = 1 << 20;

/** Marks in the gutter what differs from what was agreed on last with the server. */
export function registerQuickDiff(folders: WorkspaceFolders): vscode.Disposable {
  return new QuickDiff(folders);
}

interface Original {
  readonly owner: SyncedFolder;
  readonly path: string;
  readonly hash: string;
}

/**
 * Only a source control can have a quick diff, and each is a row in the Source Control view: so there is one for
 * all folders, made when the first file that needs it is shown. It has no root of its own, or it would compete with
 * a git repository there for being the active one, whose branch the status bar shows.
 */
class QuickDiff implements vscode.QuickDiffProvider, vscode.Disposable {
  readonly #folders: WorkspaceFolders;
  readonly #subscriptions: vscode.Disposable[];
  #control: vscode.SourceControl | undefined;
  /** The hash of the original of each document that VS Code has asked about; undefined where there is none. */
  readonly #answered = new Map<string, { readonly uri: vscode.Uri; readonly hash: string | undefined }>();
  /** Whether an original could be read, by its document and hash. */
  readonly #readable = new Map<string, Promise<boolean>>();
  #standing = '';

  constructor(folders: WorkspaceFolders) {
    this.#folders = folders;
    this.#subscriptions = [
      folders.onDidChange(() => this.#follow()),
      vscode.window.onDidChangeVisibleTextEditors(() => this.#follow()),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#answered.delete(uri.toString())),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('palmtree.quickDiff')) this.#follow();
      }),
    ];
  }

  async provideOriginalResource(uri: vscode.Uri): Promise<vscode.Uri | undefined> {
    const original = this.#originalOf(uri);
    this.#answered.set(uri.toString(), { uri, hash: original?.hash });
    if (original === undefined) return undefined;
    const document = syncedDocument(original.owner, original.path);
    return (await this.#isReadable(document, original.hash)) ? document : undefined;
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#control?.dispose();
  }

  #follow(): void {
    if (!this.#folders.all.some(isMarked)) {
      this.#control?.dispose();
      this.#control = undefined;
      return;
    }
    if (this.#control === undefined) {
      const visible = vscode.window.visibleTextEditors.map(({ document }) => document.uri);
      if (visible.some((uri) => this.#originalOf(uri) !== undefined)) this.#start();
      return;
    }
    const isOutdated = [...this.#answered.values()].some(({ uri, hash }) => this.#originalOf(uri)?.hash !== hash);
    if (this.#hasStandingChanged() || isOutdated) this.#askAgain(this.#control);
  }

  #start(): void {
    this.#answered.clear();
    this.#hasStandingChanged();
    this.#control = vscode.scm.createSourceControl('palmtree', 'Palmtree');
    this.#control.inputBox.visible = false;
    this.#control.count = 0;
    this.#control.quickDiffProvider = this;
  }

  /** There is no event by which a provider could tell that its answers have changed. */
  #askAgain(control: vscode.SourceControl): void {
    // Taking the provider away is to set undefined, which the types do not allow.
    Object.assign(control, { quickDiffProvider: undefined });
    control.quickDiffProvider = this;
  }

  /** A server that is reached again has what could not be read. */
  #hasStandingChanged(): boolean {
    const standing = this.#folders.all.map(({ sync }) => `${sync.isConnected} ${sync.state.offline?.code}`).join();
    if (standing === this.#standing) return false;
    this.#standing = standing;
    this.#readable.clear();
    return true;
  }

  #originalOf(uri: vscode.Uri): Original | undefined {
    const owner = this.#folders.folderOf(uri);
    const path = owner && relativePath(owner.folder, uri);
    if (owner === undefined || path === undefined || !isMarked(owner)) return undefined;
    const entry = owner.sync.ancestorEntry(path);
    return entry !== undefined && isComparable(entry) ? { owner, path, hash: entry.hash } : undefined;
  }

  /** Asked at each key that is pressed: what is known is not read again. */
  #isReadable(document: vscode.Uri, hash: string): Promise<boolean> {
    const key = `${document.toString()}#${hash}`;
    const known = this.#readable.get(key);
    if (known !== undefined) return known;
    const reading = Promise.resolve(vscode.workspace.fs.readFile(document)).then(
      () => true,
      () => false,
    );
    this.#readable.set(key, reading);
    return reading;
  }
}

function isMarked({ folder, sync }: SyncedFolder): boolean {
  return sync.isConnected && setting('quickDiff', folder.uri);
}

/** Of a link, the editor shows what it leads to. */
function isComparable({ kind, size }: Entry): boolean {
  return kind === 'file' && size <= mostBytes;
}
