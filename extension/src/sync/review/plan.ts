import type { Entry } from '../../core/entry';
import type { HeldPath } from '../../core/reconcile/dropHeld';
import type { Problem } from '../../core/problem';

/** The commands that a plan is for; `sync` is a pull followed by a push. */
export type PlanDirection = 'push' | 'pull' | 'sync';

export type PlanEffect =
  | 'add'
  | 'modify'
  | 'delete'
  /** Only the permissions change. */
  | 'mode'
  | 'rename'
  /** Both sides changed the file in different places: a pull merges them. */
  | 'merge'
  | 'conflict'
  | 'problem'
  /** A file of others that a pull leaves on the server until the user decides. */
  | 'held';

/** One path of a plan. Only a row with a direction can be left out: no command changes the others. */
export interface PlanRow {
  readonly path: string;
  readonly direction: 'push' | 'pull' | undefined;
  readonly effect: PlanEffect;
  /** rename: the old path. */
  readonly from?: string;
  /** problem: the reason. */
  readonly problem?: Problem;
  /** held: the reason. */
  readonly held?: HeldPath;
  /** conflict and merge: the version that both sides had last. */
  readonly ancestor?: Entry;
  /** conflict and merge: a revision that has the ancestor; undefined if there is no ancestor, or if nobody knows. */
  readonly base?: number;
  /** The entry now, on the side that changes; rename: the entry at `from`; conflict and merge: mine. */
  readonly before: Entry | undefined;
  /** The entry after the command; conflict: theirs. */
  readonly after: Entry | undefined;
}

/** A folder that is renamed with everything in it. Its rows are shown below it. */
export interface PlanFolder {
  readonly from: string;
  readonly to: string;
  readonly direction: 'push' | 'pull';
  readonly rows: readonly PlanRow[];
}

/** The effects of a push, a pull or both, for review. The command itself plans anew. */
export interface Plan {
  readonly direction: PlanDirection;
  /** The server's head that the plan was made against. */
  readonly revision: number;
  readonly folders: readonly PlanFolder[];
  /** The rows outside of `folders`, sorted by path. */
  readonly rows: readonly PlanRow[];
}
