import { expect, it } from 'vitest';
import { changedPaths } from './changedPaths';
import type { PathState } from './pathState';

function changed(before: Record<string, PathState>, after: Record<string, PathState>, limit = 100) {
  const found = changedPaths(new Map(Object.entries(before)), new Map(Object.entries(after)), limit);
  return found && [...found].sort();
}

it('has paths with another state, with a first and with none any more, and the folders above them', () => {
  const before = { 'a/b/other': 'modified', 'c/same': 'modified', 'd/gone': 'added' } as const;
  const after = { 'a/b/other': 'both', 'c/same': 'modified', 'e/new': 'added' } as const;
  expect(changed(before, after)).toEqual(['', 'a', 'a/b', 'a/b/other', 'd', 'd/gone', 'e', 'e/new']);
});

it('has paths whose reason may have changed', () => {
  const states = { a: 'problem', b: 'incoming', c: 'held', d: 'modified', e: 'conflict' } as const;
  expect(changed(states, states)).toEqual(['', 'a', 'b', 'c']);
});

it('is undefined if there is much to compare', () => {
  expect(changed({ a: 'added' }, { a: 'modified' }, 1)).toBeUndefined();
  expect(changed({ a: 'added' }, { a: 'modified' }, 2)).toEqual(['', 'a']);
});
