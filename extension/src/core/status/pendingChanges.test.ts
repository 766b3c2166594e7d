import { describe, expect, it } from 'vitest';
import type { PathState } from './pathState';
import { table } from '../testing/fixtures';
import { countPendingChanges } from './pendingChanges';

type Contents = Record<string, string>;

function count(states: Record<string, PathState>, ancestor: Contents, local: Contents, remote: Contents): number {
  const tables = { ancestor: table(ancestor), local: table(local), remote: table(remote) };
  return countPendingChanges(new Map(Object.entries(states)), tables);
}

describe('the number of pending changes', () => {
  it('counts a path once, whichever sides changed it, and no problem', () => {
    const states = { a: 'both', b: 'conflict', c: 'modified', d: 'incoming', e: 'problem' } as const;
    expect(count(states, {}, { d: 'old' }, { d: 'new' })).toBe(4);
  });

  it('counts a renamed file once, here and on the server', () => {
    const ancestor = { 'a/1': 'one', 'a/2': 'two', 'a/3': 'three', old: 'four' };
    const local = { 'b/1': 'one', 'b/2': 'two', 'b/3': 'three', old: 'four' };
    const remote = { 'a/1': 'one', 'a/2': 'two', 'a/3': 'three', new: 'four' };
    const here = Object.fromEntries([
      ...['a/1', 'a/2', 'a/3'].map((path) => [path, 'deleted' as const]),
      ...['b/1', 'b/2', 'b/3'].map((path) => [path, 'added' as const]),
    ]);
    expect(count(here, ancestor, local, ancestor)).toBe(3);
    expect(count({ ...here, old: 'incoming', new: 'incoming' }, ancestor, local, remote)).toBe(4);
  });

  it('counts a deletion and a new file of another content twice', () => {
    expect(count({ a: 'deleted', b: 'added' }, { a: 'one' }, { b: 'two' }, { a: 'one' })).toBe(2);
  });

  it('pairs a copy and its deleted original only once', () => {
    const states = { a: 'deleted', b: 'added', c: 'added' } as const;
    expect(count(states, { a: 'one' }, { b: 'one', c: 'one' }, { a: 'one' })).toBe(2);
  });
});
