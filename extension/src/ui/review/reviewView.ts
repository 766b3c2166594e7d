import * as vscode from 'vscode';
import type { Plan } from '../../sync/review/plan';
import { contextKeys, planViewId } from '../shared/ids';
import { hasRowsFor, PlanChoice } from './planChoice';
import { nodesAbove, planNodes, type GroupNode, type PlanNode } from './planNodes';
import { outdatedNote } from './planMessages';
import { reviewItem, reviewItemState } from './reviewItem';
import type { Review } from './review';
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
  readonly #changed = new vscode.EventEmitter<ReviewRow | undefined>();
  readonly #view: vscode.TreeView<ReviewRow>;
  readonly #subscriptions: vscode.Disposable;
  #review: Review | undefined;
  #roots: readonly GroupNode[] = [];
  /** VS Code recognises a row by its identity. */
  #rows = new Map<PlanNode, ReviewRow>();
  /** The states of the paths when the plan was shown: the plan is outdated once they differ. */
  #statesBefore: ReadonlyMap<string, unknown> = new Map();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(folders: WorkspaceFolders, used: LastUsed) {
    this.#folders = folders;
    this.#view = vscode.window.createTreeView<ReviewRow>(planViewId, {
      treeDataProvider: this,
      // VS Code would update only the rows that it has drawn.
      manageCheckboxStateManually: true,
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
    this.#rows = new Map();
    this.#statesBefore = review.owner.sync.pathStates;
    this.#view.description = this.#folders.all.length > 1 ? review.owner.folder.name : '';
    this.#view.message = review.note ?? '';
    this.#changed.fire(undefined);
    await this.#setContexts(review.plan);
    await vscode.commands.executeCommand(`${planViewId}.focus`);
  }

  async close(): Promise<void> {
    this.#review = undefined;
    this.#roots = [];
    this.#rows = new Map();
    this.#changed.fire(undefined);
    await this.#setContexts(undefined);
  }

  getChildren(row?: ReviewRow): ReviewRow[] {
    if (row === undefined) return this.#roots.map((root) => this.#rowOf(root));
    return row.node.kind === 'path' ? [] : row.node.children.map((child) => this.#rowOf(child));
  }

  getParent({ node }: ReviewRow): ReviewRow | undefined {
    return node.kind === 'group' ? undefined : this.#rowOf(node.parent);
  }

  getTreeItem({ node }: ReviewRow): vscode.TreeItem {
    if (this.#review === undefined) return new vscode.TreeItem('');
    return reviewItem(node, this.#review);
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  #rowOf(node: PlanNode): ReviewRow {
    const owner = this.#review?.owner;
    if (owner === undefined) throw new Error('there is no plan');
    const existing = this.#rows.get(node);
    if (existing !== undefined) return existing;
    const row = { owner, node };
    this.#rows.set(node, row);
    return row;
  }

  #select(items: readonly (readonly [ReviewRow, vscode.TreeItemCheckboxState])[]): void {
    const { choice } = this.#review ?? {};
    if (choice === undefined) return;
    for (const [{ node }, state] of items) {
      const above = nodesAbove(node);
      const before = above.map((parent) => reviewItemState(parent, choice));
      choice.set(node, state === vscode.TreeItemCheckboxState.Checked);
      // Drawing the outermost changed row draws the rows below it too.
      const changed = above.findLast((parent, index) => reviewItemState(parent, choice) !== before[index]);
      if (changed !== undefined) this.#changed.fire(this.#rowOf(changed));
      else if (node.kind !== 'path') this.#changed.fire(this.#rowOf(node));
    }
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
