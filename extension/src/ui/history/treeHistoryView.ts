import * as vscode from 'vscode';
import type { RevisionSummary } from '../../../../server/src/contract/history';
import type { RenamedFolder, RevisionChange } from '../../sync/history/revisionChanges';
import { agingMs, failureMessage, historyStateOf, type HistoryState, type HistoryView } from './historyView';
import { Pages } from './pages';
import { isMoreRow, moreItem, type MoreRow } from './rows';
import { treeHistoryViewId } from '../shared/ids';
import {
  changeItem,
  changeRow,
  folderItem,
  isRevisionRow,
  renamedFolderItem,
  restItem,
  revisionItem,
  type ChangeRow,
  type FolderRow,
  type RenamedFolderRow,
  type RestRow,
  type RevisionRow,
} from './treeRows';
import type { LastUsed } from '../views/lastUsed';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

/** Nobody reads more rows than this, and a revision may change a hundred thousand files. */
const maxRows = 1_000;

type Row = FolderRow | RevisionRow | RenamedFolderRow | ChangeRow | RestRow | MoreRow;

interface History {
  readonly state: HistoryState;
  readonly revisions: Pages<RevisionSummary>;
}

/** The "Tree History" view: the revisions of the folders' trees, each with its changes. */
export function createTreeHistory(
  folders: WorkspaceFolders,
  used: LastUsed,
  log: vscode.LogOutputChannel,
): HistoryView {
  return new TreeHistory(folders, used, log);
}

class TreeHistory implements vscode.TreeDataProvider<Row>, HistoryView {
  readonly #folders: WorkspaceFolders;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #view: vscode.TreeView<Row>;
  readonly #subscriptions: vscode.Disposable;
  readonly #histories = new Map<SyncedFolder, History>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(folders: WorkspaceFolders, used: LastUsed, log: vscode.LogOutputChannel) {
    this.#folders = folders;
    this.#log = log;
    this.#view = vscode.window.createTreeView<Row>(treeHistoryViewId, {
      treeDataProvider: this,
      showCollapseAll: true,
    });
    used.follow(this.#view);
    const aging = setInterval(() => this.#view.visible && this.#changed.fire(undefined), agingMs);
    this.#subscriptions = vscode.Disposable.from(
      new vscode.Disposable(() => clearInterval(aging)),
      this.#view,
      this.#changed,
      folders.onDidChange(() => this.#update()),
      this.#view.onDidChangeVisibility(() => this.#update()),
    );
    this.#update();
  }

  refresh(): void {
    this.#histories.clear();
    this.#update();
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
    if ('renamed' in row) return shownRows(row.owner, row.number, [], row.renamed.changes);
    return isRevisionRow(row) ? this.#changeRows(row) : [];
  }

  getTreeItem(row: Row): vscode.TreeItem {
    if (isMoreRow(row)) return moreItem(row);
    if ('kind' in row) return folderItem(row.owner);
    if ('rest' in row) return restItem(row);
    if ('renamed' in row) return renamedFolderItem(row);
    return isRevisionRow(row) ? revisionItem(row) : changeItem(row);
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  get #connected(): SyncedFolder[] {
    return this.#folders.all.filter(({ sync }) => sync.isConnected);
  }

  #update(): void {
    if (!this.#view.visible) return;
    const owners = this.#connected;
    const removed = [...this.#histories.keys()].filter((owner) => !owners.includes(owner));
    for (const owner of removed) this.#histories.delete(owner);
    for (const owner of owners) this.#load(owner);
    if (removed.length === 0 && this.#histories.size > 0) return;
    this.#updateMessage();
    if (removed.length > 0) this.#changed.fire(undefined);
  }

  #load(owner: SyncedFolder): void {
    const state = historyStateOf(owner);
    const history = this.#histories.get(owner);
    const isSameTree = history?.state.tree === state.tree;
    if (isSameTree && history.state.version === state.version) return;
    const revisions = isSameTree ? history.revisions : this.#pagesOf(owner);
    this.#histories.set(owner, { state, revisions });
    void this.#whileLoading(revisions.reload());
  }

  #pagesOf(owner: SyncedFolder): Pages<RevisionSummary> {
    return new Pages<RevisionSummary>({
      fetch: async (before) => {
        const page = await owner.sync.history.revisions(before?.number);
        return { items: page.revisions, more: page.more };
      },
      keyOf: ({ number, createdAt }) => `${number} ${createdAt}`,
      onChange: () => {
        this.#updateMessage();
        this.#changed.fire(undefined);
      },
    });
  }

  #revisionRows(owner: SyncedFolder): Row[] {
    const revisions = this.#histories.get(owner)?.revisions;
    if (revisions === undefined) return [];
    const rows = revisions.items.map((revision): Row => ({ owner, revision }));
    return revisions.hasMore ? [...rows, { owner, loadMore: () => this.#whileLoading(revisions.loadMore()) }] : rows;
  }

  async #changeRows({ owner, revision: { number } }: RevisionRow): Promise<Row[]> {
    try {
      const { folders, changes } = await owner.sync.history.revisionChanges(number);
      return shownRows(owner, number, folders, changes);
    } catch (error) {
      this.#view.message = failureMessage(error, this.#log);
      return [];
    }
  }

  async #whileLoading(work: Promise<void>): Promise<void> {
    await vscode.window.withProgress({ location: { viewId: treeHistoryViewId } }, () => work);
  }

  #updateMessage(): void {
    const histories = [...this.#histories.values()];
    const failed = histories.find(({ revisions }) => revisions.error !== undefined);
    if (failed !== undefined) this.#view.message = failureMessage(failed.revisions.error, this.#log);
    else if (histories.length === 0) {
      this.#view.message = vscode.l10n.t('Connect this folder to a server to see its revisions.');
    } else if (histories.every(({ revisions }) => revisions.isLoaded && revisions.items.length === 0)) {
      this.#view.message = vscode.l10n.t('Nothing has been pushed to this tree yet.');
    } else this.#view.message = '';
  }
}

function shownRows(
  owner: SyncedFolder,
  number: number,
  folders: readonly RenamedFolder[],
  changes: readonly RevisionChange[],
): Row[] {
  const rows: Row[] = [
    ...folders.map((renamed) => ({ owner, renamed, number })),
    ...changes.slice(0, maxRows).map((change) => changeRow(owner, number, change)),
  ];
  return changes.length > maxRows ? [...rows, { owner, rest: changes.length - maxRows }] : rows;
}
