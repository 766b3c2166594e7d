import type { Change, Conflict } from '../change';
import { comparePaths } from '../paths';
import type { Problem } from '../problem';
import type { Reconciliation } from '../reconcile/reconcile';
import { stepSize, type CooperativeTask } from '../cooperativeTask';

/**
 * How a path stands; one that is in step has no state. `incoming`: the server has something newer. `both`: so it has,
 * and something changed here, too; whether the two meet is found out by a pull. `conflict`: they do.
 */
export type PathState = 'modified' | 'added' | 'deleted' | 'both' | 'conflict' | 'problem' | 'incoming';

export interface Counts {
  /** Paths that a push would send, and those that changed on both sides. */
  readonly outgoing: number;
  /** Paths that a pull would bring, and those that changed on both sides. */
  readonly incoming: number;
  readonly conflicts: number;
  readonly problems: number;
  /** Paths that stand on disk and are kept in step. */
  readonly tracked: number;
}

export interface PathStates {
  readonly states: ReadonlyMap<string, PathState>;
  /** Those that wait for a decision, sorted by path. */
  readonly conflicts: readonly Conflict[];
  readonly counts: Counts;
}

/**
 * What is shown of a plan, by path. A problem is told before a conflict, and that before a change.
 * `isHeardOnly` tells of a conflict whether a pull has yet to try it: until then nothing is to be decided.
 */
export function* pathStateSteps(
  plan: Omit<Reconciliation, 'ancestorChanges'>,
  problems: ReadonlyMap<string, Problem>,
  tracked: number,
  isHeardOnly: (path: string) => boolean,
): CooperativeTask<PathStates> {
  const conflicts = plan.conflicts.filter(({ path }) => !isHeardOnly(path));
  const both = plan.conflicts.length - conflicts.length;
  const states = new Map<string, PathState>();
  let told = 0;
  for (const { path } of plan.localChanges) {
    states.set(path, 'incoming');
    if (++told % stepSize === 0) yield;
  }
  for (const change of plan.remoteChanges) {
    states.set(change.path, outgoingState(change));
    if (++told % stepSize === 0) yield;
  }
  for (const { path } of plan.conflicts) states.set(path, 'both');
  for (const { path } of conflicts) states.set(path, 'conflict');
  for (const path of problems.keys()) states.set(path, 'problem');
  return {
    states,
    conflicts: conflicts.sort((a, b) => comparePaths(a.path, b.path)),
    counts: {
      outgoing: plan.remoteChanges.length + both,
      incoming: plan.localChanges.length + both,
      conflicts: conflicts.length,
      problems: problems.size,
      tracked,
    },
  };
}

export function outgoingState({ from, to }: Change): PathState {
  if (to === undefined) return 'deleted';
  return from === undefined ? 'added' : 'modified';
}
