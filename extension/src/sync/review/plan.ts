import type { Entry } from '../../core/entry';
import type { Problem } from '../../core/problem';

/** Which commands a plan is for. */
export type PlanDirection = 'push' | 'pull' | 'sync';

export type PlanEffect =
  | 'add'
  | 'modify'
  | 'delete'
  /** Its permissions alone change. */
  | 'mode'
  /** `from` is where it stood. */
  | 'rename'
  /** Changed on both sides, in places that do not meet: a pull makes one of both. */
  | 'merge'
  | 'conflict'
  | 'problem';

/** One path of a plan. Only what has a direction can be left out: the rest is not touched. */
export interface PlanRow {
  readonly path: string;
  readonly direction: 'push' | 'pull' | undefined;
  readonly effect: PlanEffect;
  /** rename: the path before. */
  readonly from?: string;
  /** problem: the reason. */
  readonly problem?: Problem;
  /** What stands at the path now on the side that changes; rename: at `from`. conflict, merge: mine. */
  readonly before: Entry | undefined;
  /** What will stand there; conflict: theirs. */
  readonly after: Entry | undefined;
}

/** A folder of which all that is in it is renamed: its rows are shown below it. */
export interface PlanFolder {
  readonly from: string;
  readonly to: string;
  readonly direction: 'push' | 'pull';
  readonly rows: readonly PlanRow[];
}

/** What a push, a pull or both would do. It is for looking at: each command plans anew. */
export interface Plan {
  readonly direction: PlanDirection;
  /** The server's head that it was made against. */
  readonly revision: number;
  readonly folders: readonly PlanFolder[];
  /** Those that are in none of `folders`, sorted by path. */
  readonly rows: readonly PlanRow[];
}
