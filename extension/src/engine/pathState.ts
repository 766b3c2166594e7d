import type { Change, Conflict } from './change';
import { comparePaths } from './folders';
import type { Problem } from './observation';
import type { Reconciliation } from './reconcile';

/** How a path stands; one that is in step has no state. `incoming`: the server has something newer. */
export type PathState = 'modified' | 'added' | 'deleted' | 'conflict' | 'problem' | 'incoming';

export interface Counts {
  /** Paths that a push would send. */
  readonly outgoing: number;
  /** Paths that a pull would bring. */
  readonly incoming: number;
  readonly conflicts: number;
  readonly problems: number;
  /** Paths that stand on disk and are kept in step. */
  readonly tracked: number;
}

export interface PathStates {
  readonly states: ReadonlyMap<string, PathState>;
  /** Sorted by path. */
  readonly conflicts: readonly Conflict[];
  readonly counts: Counts;
}

/** What is shown of a plan, by path. A problem is told before a conflict, and that before a change. */
export function pathStates(
  plan: Omit<Reconciliation, 'ancestorChanges'>,
  problems: ReadonlyMap<string, Problem>,
  tracked: number,
): PathStates {
  const states = new Map<string, PathState>();
  for (const { path } of plan.localChanges) states.set(path, 'incoming');
  for (const change of plan.remoteChanges) states.set(change.path, outgoingState(change));
  for (const { path } of plan.conflicts) states.set(path, 'conflict');
  for (const path of problems.keys()) states.set(path, 'problem');
  return {
    states,
    conflicts: [...plan.conflicts].sort((a, b) => comparePaths(a.path, b.path)),
    counts: {
      outgoing: plan.remoteChanges.length,
      incoming: plan.localChanges.length,
      conflicts: plan.conflicts.length,
      problems: problems.size,
      tracked,
    },
  };
}

export function outgoingState({ from, to }: Change): PathState {
  if (to === undefined) return 'deleted';
  return from === undefined ? 'added' : 'modified';
}
