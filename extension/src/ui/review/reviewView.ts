import * as vscode from 'vscode';
import type { Plan } from '../../sync/review/plan';
import { contextKeys, planViewId } from '../shared/ids';
import { hasRowsFor, PlanChoice } from './planChoice';
import { nodesAbove, planNodes, type GroupNode, type PlanNode } from './planNodes';
import { staleNote } from './planMessages';
import { reviewItem, reviewItemState } from './reviewItem';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';

/** A plan that is looked at. */
export interface Review {
  readonly owner: SyncedFolder;
  readonly plan: Plan;
  readonly choice: PlanChoice;
  /** Goes with the revision that a push makes. */
  readonly message?: string;
  /** Says why it came up, when the user asked for something else. */
  readonly note?: string;
}

/** A row of the view, as the commands on files take it. */
export interface ReviewRow {
  readonly owner: SyncedFolder;
  readonly node: PlanNode;
}

/** "Review Changes": one plan, each path with a box to leave it out. The view is there as long as a plan is. */
export class ReviewView implements vscode.TreeDataProvider<ReviewRow>, vscode.Disposable {
  readonly #folders: WorkspaceFolders;
  readonly #changed = new vscode.EventEmitter<ReviewRow | undefined>();
  readonly #view: vscode.TreeView<ReviewRow>;
  readonly #subscriptions: vscode.Disposable;
  #review: Review | undefined;
  #roots: readonly GroupNode[] = [];
  /** VS Code knows a row by its identity. */
  #rows = new Map<PlanNode, ReviewRow>();
  /** What was known of the paths when the plan came up, to tell whether it still holds. */
  #known: ReadonlyMap<string, unknown> = new Map();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(folders: WorkspaceFolders) {
    this.#folders = folders;
    this.#view = vscode.window.createTreeView<ReviewRow>(planViewId, {
      treeDataProvider: this,
      // By hand, since VS Code carries a tick only to rows that it has drawn.
      manageCheckboxStateManually: true,
    });
    this.#subscriptions = vscode.Disposable.from(
      this.#view,
      this.#changed,
      this.#view.onDidChangeCheckboxState(({ items }) => this.#tick(items)),
      folders.onDidChange(() => this.#follow()),
    );
  }

  get current(): Review | undefined {
    return this.#review;
  }

  /** Shows a plan in the place of the one before. What was left out of that one stays so. */
  async show(given: Omit<Review, 'choice'>): Promise<void> {
    const before = this.#review?.owner === given.owner ? this.#review.choice : undefined;
    const review = { ...given, choice: before ?? new PlanChoice() };
    this.#review = review;
    this.#roots = planNodes(review.plan);
    this.#rows = new Map();
    this.#known = review.owner.sync.pathStates;
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
    if (owner === undefined) throw new Error('a row of no plan');
    const known = this.#rows.get(node);
    if (known !== undefined) return known;
    const row = { owner, node };
    this.#rows.set(node, row);
    return row;
  }

  #tick(items: readonly (readonly [ReviewRow, vscode.TreeItemCheckboxState])[]): void {
    const { choice } = this.#review ?? {};
    if (choice === undefined) return;
    for (const [{ node }, state] of items) {
      const above = nodesAbove(node);
      const before = above.map((parent) => reviewItemState(parent, choice));
      choice.set(node, state === vscode.TreeItemCheckboxState.Checked);
      // The outermost row that looks different now, with all that is below it.
      const changed = above.findLast((parent, at) => reviewItemState(parent, choice) !== before[at]);
      if (changed !== undefined) this.#changed.fire(this.#rowOf(changed));
      else if (node.kind !== 'path') this.#changed.fire(this.#rowOf(node));
    }
  }

  /** Closes with its folder or connection, and says when what it shows no longer holds. */
  #follow(): void {
    if (this.#review === undefined) return;
    const { owner, plan } = this.#review;
    if (!this.#folders.all.some(({ sync }) => sync === owner.sync) || !owner.sync.isConnected) {
      void this.close();
      return;
    }
    const { pathStates } = owner.sync;
    const isBusy = owner.sync.state.kind === 'transferring' || owner.sync.state.kind === 'scanning';
    if (isBusy || (pathStates === this.#known && owner.sync.knownRevision === plan.revision)) return;
    if (owner.sync.knownRevision !== plan.revision || !sameStates(pathStates, this.#known)) {
      this.#view.message = staleNote;
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
