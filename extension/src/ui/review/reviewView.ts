import * as vscode from 'vscode';
import type { Plan } from '../../sync/review/plan';
import { joined } from '../../messages/format';
import { contextKeys, planViewId } from '../shared/ids';
import { createTreeView } from '../shared/treeView';
import { hasRowsFor, PlanChoice } from './planChoice';
import { openCommand } from './diff';
import { decidingNodes, isSelectable, nodeKey, planNodes, type GroupNode, type PlanNode } from './planNodes';
import { outdatedNote, selectionMessage } from './planMessages';
import { reviewItem } from './reviewItem';
import type { Review } from './review';
import { DrawnRows } from '../views/drawnRows';
import type { LastUsed } from '../views/lastUsed';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

/** A row of the view, in the form that the commands on files expect. */
export interface ReviewRow {
  readonly owner: SyncedFolder;
  readonly node: PlanNode;
}

/** The "Review Changes" view: a plan with a checkbox for each path. It is visible only while there is a plan. */
export class ReviewView implements vscode.TreeDataProvider<ReviewRow>, vscode.Disposable {
  readonly #folders: WorkspaceFolders;
  readonly #changed = new vscode.EventEmitter<ReviewRow[] | undefined>();
  readonly #view: vscode.TreeView<ReviewRow>;
  readonly #subscriptions: vscode.Disposable;
  #review: Review | undefined;
  #roots: readonly GroupNode[] = [];
  readonly #drawn = new DrawnRows<ReviewRow>({
    idOf: ({ owner, node }) => `${owner.folder.uri.toString()}\0${nodeKey(node)}`,
    childrenOf: (row) => this.#childrenOf(row),
    itemOf: ({ node }) => (this.#review === undefined ? new vscode.TreeItem('') : reviewItem(node, this.#review)),
    targetOf: ({ owner, node }) => this.#targetOf(owner, node),
  });
  /** The states of the paths when the plan was shown: the plan is outdated once they differ. */
  #statesBefore: ReadonlyMap<string, unknown> = new Map();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(folders: WorkspaceFolders, used: LastUsed) {
    this.#folders = folders;
    this.#view = createTreeView<ReviewRow>(planViewId, {
      treeDataProvider: this,
    });
    used.follow(this.#view);
    this.#subscriptions = vscode.Disposable.from(
      this.#view,
      this.#changed,
      this.#view.onDidChangeCheckboxState(({ items }) => this.#select(items)),
      folders.onDidChange(() => this.#update()),
    );
  }

  get current(): Review | undefined {
    return this.#review;
  }

  /** Replaces the plan. Paths that are not selected stay so. */
  async show(next: Omit<Review, 'choice'>): Promise<void> {
    const choice = this.#review?.owner === next.owner ? this.#review.choice : new PlanChoice();
    const review = { ...next, choice };
    this.#review = review;
    this.#roots = planNodes(review.plan);
    this.#statesBefore = review.owner.sync.pathStates;
    this.#view.message = review.note ?? '';
    this.#describe(review);
    this.#drawn.redraw(this.#changed);
    await this.#setContexts(review.plan);
    await vscode.commands.executeCommand(`${planViewId}.focus`);
  }

  async close(): Promise<void> {
    this.#review = undefined;
    this.#roots = [];
    this.#drawn.redraw(this.#changed);
    await this.#setContexts(undefined);
  }

  getChildren(row?: ReviewRow): ReviewRow[] {
    return this.#drawn.children(row);
  }

  getParent({ owner, node }: ReviewRow): ReviewRow | undefined {
    return node.kind === 'group' ? undefined : this.#drawn.known({ owner, node: node.parent });
  }

  getTreeItem(row: ReviewRow): vscode.TreeItem {
    return this.#drawn.item(row);
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  #childrenOf(row: ReviewRow | undefined): ReviewRow[] {
    const owner = this.#review?.owner;
    if (owner === undefined) return [];
    const nodes = row === undefined ? this.#roots : row.node.kind === 'path' ? [] : row.node.children;
    return nodes.map((node) => ({ owner, node }));
  }

  /** The documents that a click opens. */
  #targetOf(owner: SyncedFolder, node: PlanNode): unknown {
    const revision = this.#review?.plan.revision;
    return node.kind === 'path' && revision !== undefined && openCommand(owner, node.row, revision)?.arguments;
  }

  /** The number of selected paths is above the rows: a row that is drawn again loses the clicks on the rows in it. */
  #describe({ owner, choice }: Review): void {
    const counts = this.#roots.filter(isSelectable).map((root) => choice.count(root));
    const selected = counts.reduce((sum, count) => sum + count.selected, 0);
    const total = counts.reduce((sum, count) => sum + count.total, 0);
    const folder = this.#folders.all.length > 1 ? owner.folder.name : '';
    this.#view.description = joined(' · ', folder, selectionMessage({ selected, total }));
  }

  #select(items: readonly (readonly [ReviewRow, vscode.TreeItemCheckboxState])[]): void {
    const review = this.#review;
    if (review === undefined) return;
    const states = new Map(items.map(([{ node }, state]) => [node, state]));
    for (const node of decidingNodes([...states.keys()])) {
      review.choice.set(node, states.get(node) === vscode.TreeItemCheckboxState.Checked);
    }
    this.#describe(review);
  }

  /** Closes the view when its folder is closed or disconnected, and says when the plan is outdated. */
  #update(): void {
    if (this.#review === undefined) return;
    const { owner, plan } = this.#review;
    if (!this.#folders.all.some(({ sync }) => sync === owner.sync) || !owner.sync.isConnected) {
      void this.close();
      return;
    }
    const { pathStates } = owner.sync;
    const isBusy = owner.sync.state.kind === 'transferring' || owner.sync.state.kind === 'scanning';
    if (isBusy || (pathStates === this.#statesBefore && owner.sync.knownRevision === plan.revision)) return;
    if (owner.sync.knownRevision !== plan.revision || !sameStates(pathStates, this.#statesBefore)) {
      this.#view.message = outdatedNote;
    }
  }

  async #setContexts(plan: Plan | undefined): Promise<void> {
    const values = {
      [contextKeys.reviewing]: plan !== undefined,
      [contextKeys.planPushes]: plan !== undefined && hasRowsFor(plan, 'push'),
      [contextKeys.planPulls]: plan !== undefined && hasRowsFor(plan, 'pull'),
    };
    for (const [key, value] of Object.entries(values)) {
      await vscode.commands.executeCommand('setContext', key, value);
    }
  }
}

function sameStates(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  if (a.size !== b.size) return false;
  for (const [path, state] of a) if (b.get(path) !== state) return false;
  return true;
}
