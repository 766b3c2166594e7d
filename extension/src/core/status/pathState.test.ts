import { describe, expect, it } from 'vitest';
import { table } from '../testing/fixtures';
import type { Problem } from '../problem';
import { pathStates } from '../testing/pathStates';
import { reconcile } from '../testing/reconcile';

describe('pathStates', () => {
  const ancestor = table({ same: '1', edited: '1', deleted: '1', both: '1', theirs: '1' });
  const local = table({ same: '1', edited: '2', both: '2', theirs: '1', added: '1' });
  const remote = table({ same: '1', edited: '1', deleted: '1', both: '3', theirs: '2' });
  const plan = reconcile(ancestor, local, remote);

  it('returns the state of each changed path', () => {
    expect(Object.fromEntries(pathStates(plan, new Map(), 5).states)).toEqual({
      edited: 'modified',
      deleted: 'deleted',
      both: 'conflict',
      theirs: 'incoming',
      added: 'added',
    });
  });

  it('does not list a conflict that no pull has tried to merge', () => {
    const { states, conflicts } = pathStates(plan, new Map(), 5, (path) => path === 'both');
    expect(states.get('both')).toBe('both');
    expect(conflicts).toEqual([]);
  });

  it('prefers a problem to other states', () => {
    const problem: Problem = { path: 'both', reason: 'unreadable', with: 'EACCES' };
    expect(pathStates(plan, new Map([['both', problem]]), 5).states.get('both')).toBe('problem');
  });
});
