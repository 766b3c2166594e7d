import * as vscode from 'vscode';
import type { RevisionSummary } from '../../../../server/src/contract/history';
import { ageRefreshMs, failureMessage, historyStateOf, type HistoryView, type HistoryState } from './fileView';
import { Pages } from './pages';
import { isMoreRow, moreItem, type MoreRow } from './rows';
import { treeHistoryViewId } from '../shared/ids';
import {
  changeItem,
  folderItem,
  isRevisionRow,
  restItem,
  revisionItem,
  type ChangeRow,
  type FolderRow,
  type RestRow,
  type RevisionRow,
} from './treeRows';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

/** A revision may change a hundred thousand files; nobody reads more rows than this. */
const maxRows = 1_000;

type Row = FolderRow | RevisionRow | ChangeRow | RestRow | MoreRow;

interface History {
  readonly seen: HistoryState;
  readonly revisions: Pages<RevisionSummary>;
}

/** The revisions of the trees that the folders are bound to, each with what it changed. */
export function createTreeHistory(folders: WorkspaceFolders, log: vscode.LogOutputChannel): HistoryView {
  return new TreeHistory(folders, log);
}

class TreeHistory implements vscode.TreeDataProvider<Row>, HistoryView {
  readonly #folders: WorkspaceFolders;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #view: vscode.TreeView<Row>;
  readonly #subscriptions: vscode.Disposable;
  readonly #histories = new Map<SyncedFolder, History>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(folders: WorkspaceFolders, log: vscode.LogOutputChannel) {
    this.#folders = folders;
    this.#log = log;
    this.#view = vscode.window.createTreeView<Row>(treeHistoryViewId, {
      treeDataProvider: this,
      showCollapseAll: true,
    });
    const aging = setInterval(() => this.#view.visible && this.#changed.fire(undefined), ageRefreshMs);
    this.#subscriptions = vscode.Disposable.from(
      new vscode.Disposable(() => clearInterval(aging)),
      this.#view,
      this.#changed,
      folders.onDidChange(() => this.#follow()),
      this.#view.onDidChangeVisibility(() => this.#follow()),
    );
    this.#follow();
  }

  refresh(): void {
    this.#histories.clear();
    this.#follow();
    this.#changed.fire(undefined);
  }

  async getChildren(row?: Row): Promise<Row[]> {
    if (row === undefined) {
      const owners = this.#connected;
      const [only] = owners;
      if (only === undefined || owners.length > 1) return owners.map((owner) => ({ owner, kind: 'folder' }));
      return this.#revisionRows(only);
    }
    if ('kind' in row) return this.#revisionRows(row.owner);
    return isRevisionRow(row) ? this.#changeRows(row) : [];
  }

  getTreeItem(row: Row): vscode.TreeItem {
    if (isMoreRow(row)) return moreItem(row);
    if ('kind' in row) return folderItem(row.owner);
    if ('rest' in row) return restItem(row);
    return isRevisionRow(row) ? revisionItem(row) : changeItem(row);
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  get #connected(): SyncedFolder[] {
    return this.#folders.all.filter(({ sync }) => sync.isConnected);
  }

  #follow(): void {
    if (!this.#view.visible) return;
    const owners = this.#connected;
    const gone = [...this.#histories.keys()].filter((owner) => !owners.includes(owner));
    for (const owner of gone) this.#histories.delete(owner);
    for (const owner of owners) this.#followOne(owner);
    if (gone.length === 0 && this.#histories.size > 0) return;
    this.#tell();
    if (gone.length > 0) this.#changed.fire(undefined);
  }

  #followOne(owner: SyncedFolder): void {
    const seen = historyStateOf(owner);
    const known = this.#histories.get(owner);
    const isSameTree = known?.seen.tree === seen.tree;
    if (isSameTree && known.seen.news === seen.news) return;
    const revisions = isSameTree ? known.revisions : this.#pagesOf(owner);
    this.#histories.set(owner, { seen, revisions });
    void this.#during(revisions.reload());
  }

  #pagesOf(owner: SyncedFolder): Pages<RevisionSummary> {
    return new Pages<RevisionSummary>({
      fetch: async (before) => {
        const page = await owner.sync.revisions(before?.number);
        return { items: page.revisions, more: page.more };
      },
      keyOf: ({ number, createdAt }) => `${number} ${createdAt}`,
      onChange: () => {
        this.#tell();
        this.#changed.fire(undefined);
      },
    });
  }

  #revisionRows(owner: SyncedFolder): Row[] {
    const revisions = this.#histories.get(owner)?.revisions;
    if (revisions === undefined) return [];
    const rows = revisions.items.map((revision): Row => ({ owner, revision }));
    return revisions.hasMore ? [...rows, { owner, loadMore: () => this.#during(revisions.loadMore()) }] : rows;
  }

  async #changeRows({ owner, revision: { number } }: RevisionRow): Promise<Row[]> {
    try {
      const { changes } = await owner.sync.revisionDetail(number);
      const rows = changes.slice(0, maxRows).map((change): Row => {
        const before = change.before === null ? 0 : number - 1;
        const version = { owner, path: change.path, revision: number, before, isGone: change.after === null };
        return { owner, change, version };
      });
      return changes.length > maxRows ? [...rows, { owner, rest: changes.length - maxRows }] : rows;
    } catch (error) {
      this.#view.message = failureMessage(error, this.#log);
      return [];
    }
  }

  async #during(work: Promise<void>): Promise<void> {
    await vscode.window.withProgress({ location: { viewId: treeHistoryViewId } }, () => work);
  }

  #tell(): void {
    const histories = [...this.#histories.values()];
    const failed = histories.find(({ revisions }) => revisions.error !== undefined);
    if (failed !== undefined) this.#view.message = failureMessage(failed.revisions.error, this.#log);
    else if (histories.length === 0) this.#view.message = 'Connect this folder to a server to see its revisions.';
    else if (histories.every(({ revisions }) => revisions.isAnswered && revisions.items.length === 0)) {
      this.#view.message = 'Nothing was pushed to this tree yet.';
    } else this.#view.message = '';
  }
}
