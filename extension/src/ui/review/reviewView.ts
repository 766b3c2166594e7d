import * as vscode from 'vscode';
import { joined } from '../../messages/format';
import { contextKeys, planViewId } from '../shared/ids';
import { createTreeView } from '../shared/treeView';
import { filteredPlan, type PlanFilter } from './planFilter';
import { hasRowsFor, PlanChoice, rowCount } from './planChoice';
import { openCommand } from './diff';
import { decidingNodes, isSelectable, nodeKey, planNodes, type GroupNode, type PlanNode } from './planNodes';
import { filterMessage, outdatedNote, selectionMessage } from './planMessages';
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
  /** What the user has left out of the last plan of each folder. */
  readonly #choices = new WeakMap<SyncedFolder, PlanChoice>();
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

  /** Replaces the plan. Changes that were not selected stay so, and a filter stays on while it shows any. */
  async show(next: Omit<Review, 'choice' | 'filter' | 'shown'>): Promise<void> {
    const { owner, plan } = next;
    const choice = this.#choices.get(owner) ?? new PlanChoice();
    this.#choices.set(owner, choice);
    choice.adopt(plan);
    const last = this.#review?.owner === owner ? this.#review.filter : 'all';
    const filter = rowCount(filteredPlan(plan, last)) > 0 ? last : 'all';
    this.#statesBefore = owner.sync.pathStates;
    this.#view.message = next.note ?? '';
    await this.#draw({ ...next, choice, filter, shown: filteredPlan(plan, filter) });
    await vscode.commands.executeCommand(`${planViewId}.focus`);
  }

  /** Shows only the changes of this kind. */
  async filter(filter: PlanFilter): Promise<void> {
    if (this.#review === undefined) return;
    await this.#draw({ ...this.#review, filter, shown: filteredPlan(this.#review.plan, filter) });
  }

  /** Checks these rows, or unchecks them if all are checked. False if the view has none of them with a checkbox. */
  toggle(rows: readonly unknown[]): boolean {
    const review = this.#review;
    const nodes = rows.filter(isReviewRow).flatMap(({ node }) => (isSelectable(node) ? [node] : []));
    if (review === undefined || nodes.length === 0) return false;
    const { choice } = review;
    const isChecked = nodes.every((node) => choice.count(node).selected === choice.count(node).total);
    for (const node of nodes) choice.set(node, !isChecked);
    this.#describe(review);
    this.#drawn.redraw(this.#changed);
    return true;
  }

  async close(): Promise<void> {
    this.#review = undefined;
    this.#roots = [];
    this.#drawn.redraw(this.#changed);
    await this.#setContexts(undefined);
  }

  async #draw(review: Review): Promise<void> {
    this.#review = review;
    this.#roots = planNodes(review.shown);
    this.#describe(review);
    this.#drawn.redraw(this.#changed);
    await this.#setContexts(review);
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
  #describe({ owner, choice, plan, shown, filter }: Review): void {
    const counts = this.#roots.filter(isSelectable).map((root) => choice.count(root));
    const selected = counts.reduce((sum, count) => sum + count.selected, 0);
    const total = counts.reduce((sum, count) => sum + count.total, 0);
    const folder = this.#folders.all.length > 1 ? owner.folder.name : '';
    const hidden = filterMessage(filter, rowCount(plan) - rowCount(shown));
    this.#view.description = joined(' · ', folder, hidden, selectionMessage({ selected, total }));
  }

  #select(items: readonly (readonly [ReviewRow, vscode.TreeItemCheckboxState])[]): void {
    const review = this.#review;
    if (review === undefined) return;
    const states = new Map(items.map(([{ node }, state]) => [node, state]));
    for (const node of decidingNodes([...states.keys()])) {
      review.choice.set(node, states.get(node) === vscode.TreeItemCheckboxState.Checked);
    }
    // VS Code has changed these rows by itself: they are drawn again only if they have to look otherwise.
    for (const [row] of items) this.#drawn.item(row);
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

  async #setContexts(review: Review | undefined): Promise<void> {
    const values = {
      [contextKeys.reviewing]: review !== undefined,
      [contextKeys.planFiltered]: review !== undefined && review.filter !== 'all',
      [contextKeys.planPushes]: review !== undefined && hasRowsFor(review.shown, 'push'),
      [contextKeys.planPulls]: review !== undefined && hasRowsFor(review.shown, 'pull'),
    };
    for (const [key, value] of Object.entries(values)) {
      await vscode.commands.executeCommand('setContext', key, value);
    }
  }
}

function isReviewRow(row: unknown): row is ReviewRow {
  if (typeof row !== 'object' || row === null || !('node' in row)) return false;
  const { node } = row;
  return typeof node === 'object' && node !== null && ('group' in node || 'parent' in node);
}

function sameStates(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  if (a.size !== b.size) return false;
  for (const [path, state] of a) if (b.get(path) !== state) return false;
  return true;
}
