import type { Change, Conflict } from '../change';
import { compareNaturally } from '../paths';
import type { Problem } from '../problem';
import type { Reconciliation } from '../reconcile/reconcile';
import { stepSize, type CooperativeTask } from '../cooperativeTask';

/**
 * The state of a path; an unchanged path has none. `incoming`: the server has a newer version. `both`: both sides changed
 * it, and a pull has not tried to merge the changes yet. `conflict`: both sides changed it, and a pull could not merge
 * them. `held`: a pull leaves the server's version there until the user decides.
 */
export type PathState = 'modified' | 'added' | 'deleted' | 'both' | 'conflict' | 'problem' | 'incoming' | 'held';

/** Whether the disk has a change at a path in this state that the server does not have. */
export function isUnpushed(state: PathState | undefined): boolean {
  return state !== undefined && state !== 'incoming' && state !== 'held';
}

/** The states of all changed paths. */
export interface PathStates {
  readonly states: ReadonlyMap<string, PathState>;
  /** Conflicts that need a decision, sorted by path. */
  readonly conflicts: readonly Conflict[];
  /** The number of syncable paths on this disk. */
  readonly tracked: number;
}

/**
 * Returns the states of a plan's paths. A path with a problem has the state `problem`, even if it is in conflict or
 * changed.
 * `isUnpulled` returns whether a conflict is with remote changes that no pull has tried to merge: it needs no decision
 * yet.
 */
export function* pathStateSteps(
  plan: Omit<Reconciliation, 'ancestorChanges'>,
  problems: ReadonlyMap<string, Problem>,
  tracked: number,
  isUnpulled: (path: string) => boolean,
  held: ReadonlyMap<string, unknown> = new Map(),
): CooperativeTask<PathStates> {
  const conflicts = plan.conflicts.filter(({ path }) => !isUnpulled(path));
  const states = new Map<string, PathState>();
  let count = 0;
  for (const { path } of plan.downloads) {
    states.set(path, 'incoming');
    if (++count % stepSize === 0) yield;
  }
  for (const change of plan.uploads) {
    states.set(change.path, outgoingState(change));
    if (++count % stepSize === 0) yield;
  }
  for (const { path } of plan.conflicts) states.set(path, 'both');
  for (const { path } of conflicts) states.set(path, 'conflict');
  for (const path of held.keys()) states.set(path, 'held');
  for (const path of problems.keys()) states.set(path, 'problem');
  return {
    states,
    conflicts: conflicts.sort((a, b) => compareNaturally(a.path, b.path)),
    tracked,
  };
}

/** The state of a path that a push would send. */
export function outgoingState({ from, to }: Change): PathState {
  if (to === undefined) return 'deleted';
  return from === undefined ? 'added' : 'modified';
}
