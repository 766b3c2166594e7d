import * as vscode from 'vscode';
import type { RevisionSummary } from '../../../../server/src/contract/history';
import type { RenamedFolder, RevisionChange } from '../../sync/history/revisionChanges';
import { agingMs, failureMessage, historyStateOf, type HistoryState, type HistoryView } from './historyView';
import { Pages } from './pages';
import { treeHistoryViewId } from '../shared/ids';
import { showProgressInView } from '../shared/notification';
import { createTreeView } from '../shared/treeView';
import {
  changeRow,
  isRevisionRow,
  itemOf,
  rowId,
  type RenamedFolderRow,
  type RevisionRow,
  type TreeHistoryRow as Row,
} from './treeRows';
import { DrawnRows } from '../views/drawnRows';
import type { LastUsed } from '../views/lastUsed';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

/** Nobody reads more rows than this, and a revision may change a hundred thousand files. */
const maxRows = 1_000;

interface History {
  readonly state: HistoryState;
  readonly revisions: Pages<RevisionSummary>;
  /** The rows in the revisions that were expanded, by `keyOf`. */
  readonly changes: Map<string, Row[]>;
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
  readonly #changed = new vscode.EventEmitter<Row[] | undefined>();
  readonly #view: vscode.TreeView<Row>;
  readonly #subscriptions: vscode.Disposable;
  readonly #histories = new Map<SyncedFolder, History>();
  readonly #drawn = new DrawnRows<Row>({ idOf: rowId, childrenOf: (row) => this.#rowsIn(row), itemOf });
  /** The revisions whose changes could not be loaded. They are drawn again, to load them, with the next rows. */
  readonly #failed = new Set<RevisionRow>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(folders: WorkspaceFolders, used: LastUsed, log: vscode.LogOutputChannel) {
    this.#folders = folders;
    this.#log = log;
    this.#view = createTreeView<Row>(treeHistoryViewId, {
      treeDataProvider: this,
      showCollapseAll: true,
    });
    used.follow(this.#view);
    const aging = setInterval(() => this.#view.visible && this.#redraw(), agingMs);
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
    this.#redraw();
  }

  async getChildren(row?: Row): Promise<Row[]> {
    // DrawnRows must not know the rows in a revision that failed: they would look complete.
    if (isRevisionRow(row) && !(await this.#loadChanges(row))) return [];
    return this.#drawn.children(row);
  }

  getTreeItem(row: Row): vscode.TreeItem {
    return this.#drawn.item(row);
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
    if (removed.length > 0) this.#redraw();
  }

  #load(owner: SyncedFolder): void {
    const state = historyStateOf(owner);
    const history = this.#histories.get(owner);
    const isSameTree = history?.state.tree === state.tree;
    if (isSameTree && history.state.version === state.version) return;
    const revisions = isSameTree ? history.revisions : this.#pagesOf(owner);
    this.#histories.set(owner, { state, revisions, changes: isSameTree ? history.changes : new Map() });
    void this.#whileLoading(revisions.reload());
  }

  #pagesOf(owner: SyncedFolder): Pages<RevisionSummary> {
    return new Pages<RevisionSummary>({
      fetch: async (before) => {
        const page = await owner.sync.history.revisions(before?.number);
        return { items: page.revisions, more: page.more };
      },
      keyOf,
      onChange: () => {
        this.#updateMessage();
        this.#redraw();
      },
    });
  }

  #redraw(): void {
    const failed = [...this.#failed];
    this.#failed.clear();
    this.#drawn.redraw(this.#changed, failed);
  }

  #rowsIn(row: Row | undefined): Row[] {
    const owners = this.#connected;
    const [only] = owners;
    if (row === undefined && owners.length !== 1) return owners.map((owner) => ({ owner, kind: 'folder' }));
    if (row === undefined) return only === undefined ? [] : this.#revisionRows(only);
    if ('kind' in row) return this.#revisionRows(row.owner);
    if ('renamed' in row) return shownRows(row, [], row.renamed.changes);
    return (isRevisionRow(row) && this.#histories.get(row.owner)?.changes.get(keyOf(row.revision))) || [];
  }

  #revisionRows(owner: SyncedFolder): Row[] {
    const revisions = this.#histories.get(owner)?.revisions;
    if (revisions === undefined) return [];
    const rows = revisions.items.map((revision): Row => ({ owner, revision }));
    return revisions.hasMore ? [...rows, { owner, loadMore: () => this.#whileLoading(revisions.loadMore()) }] : rows;
  }

  /** Returns whether the changes of the revision are known. */
  async #loadChanges(row: RevisionRow): Promise<boolean> {
    const { owner, revision } = row;
    const known = this.#histories.get(owner)?.changes;
    if (known === undefined || known.has(keyOf(revision))) return known !== undefined;
    try {
      const { folders, changes } = await owner.sync.history.revisionChanges(revision.number);
      known.set(keyOf(revision), [...shownRows(row, folders, changes), ...removedRows(row)]);
      return true;
    } catch (error) {
      this.#failed.add(row);
      this.#view.message = failureMessage(error, this.#log);
      return false;
    }
  }

  async #whileLoading(work: Promise<void>): Promise<void> {
    await showProgressInView(treeHistoryViewId, work);
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

/** After a restore of the server, the number may come to mean another revision. */
function keyOf({ number, createdAt }: RevisionSummary): string {
  return `${number} ${createdAt}`;
}

function shownRows(
  above: RevisionRow | RenamedFolderRow,
  folders: readonly RenamedFolder[],
  changes: readonly RevisionChange[],
): Row[] {
  const { owner } = above;
  const number = isRevisionRow(above) ? above.revision.number : above.number;
  const rows: Row[] = [
    ...folders.map((renamed) => ({ owner, renamed, number })),
    ...changes.slice(0, maxRows).map((change) => changeRow(owner, number, change)),
  ];
  return changes.length > maxRows ? [...rows, { owner, rest: changes.length - maxRows, above }] : rows;
}

function removedRows({ owner, revision: { number, removed = 0 } }: RevisionRow): Row[] {
  return removed === 0 ? [] : [{ owner, removed, after: number }];
}
