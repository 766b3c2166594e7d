import { expect, it } from 'vitest';
import { runToEnd } from '../cooperativeTask';
import { changeGroupSteps } from './changeGroups';
import type { PathState } from './pathState';

function groupsOf(states: Record<string, PathState>, limit = 10) {
  const groups = runToEnd(changeGroupSteps(new Map(Object.entries(states)), limit));
  const pathsOf = ({ shown, total }: (typeof groups)['push']) => [...shown.map(({ path }) => path), total];
  return Object.fromEntries(Object.entries(groups).map(([name, group]) => [name, pathsOf(group)]));
}

it('groups paths by what ends their state, and those that both sides changed twice', () => {
  const states = {
    a: 'modified',
    b: 'added',
    c: 'deleted',
    d: 'both',
    e: 'conflict',
    f: 'problem',
    g: 'incoming',
    h: 'held',
  } as const;
  expect(groupsOf(states)).toEqual({
    conflicts: ['e', 1],
    push: ['a', 'b', 'c', 'd', 4],
    pull: ['d', 'g', 'h', 3],
    problems: ['f', 1],
  });
});

it('shows the first paths of a long group, and counts all', () => {
  const { push, pull } = groupsOf({ a: 'added', b: 'added', c: 'added', d: 'incoming' }, 2);
  expect({ push, pull }).toEqual({ push: ['a', 'b', 3], pull: ['d', 1] });
});
