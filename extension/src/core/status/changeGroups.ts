import { stepSize, type CooperativeTask } from '../cooperativeTask';
import type { PathState, PathStates } from './pathState';

/** The groups in which a source control shows the paths that are not in sync, in their order. */
export const changeGroupNames = ['conflicts', 'push', 'pull', 'problems'] as const;

export type ChangeGroupName = (typeof changeGroupNames)[number];

export interface GroupedPath {
  readonly path: string;
  readonly state: PathState;
}

export interface ChangeGroup {
  /** The first paths in the order of the states. */
  readonly shown: readonly GroupedPath[];
  /** The number of all paths of the group. */
  readonly total: number;
}

export type ChangeGroups = Readonly<Record<ChangeGroupName, ChangeGroup>>;

/**
 * Groups paths by what ends their state, with up to `limit` paths in each group. A path that both sides changed is to be
 * pulled and to be pushed.
 */
export function* changeGroupSteps(states: PathStates['states'], limit: number): CooperativeTask<ChangeGroups> {
  const groups = {
    conflicts: { shown: [] as GroupedPath[], total: 0 },
    push: { shown: [] as GroupedPath[], total: 0 },
    pull: { shown: [] as GroupedPath[], total: 0 },
    problems: { shown: [] as GroupedPath[], total: 0 },
  };
  let count = 0;
  for (const [path, state] of states) {
    for (const name of groupsOf[state]) {
      const group = groups[name];
      group.total++;
      if (group.shown.length < limit) group.shown.push({ path, state });
    }
    if (++count % stepSize === 0) yield;
  }
  return groups;
}

const groupsOf: Readonly<Record<PathState, readonly ChangeGroupName[]>> = {
  modified: ['push'],
  added: ['push'],
  deleted: ['push'],
  both: ['push', 'pull'],
  conflict: ['conflicts'],
  problem: ['problems'],
  incoming: ['pull'],
  held: ['pull'],
};
