import { describe, expect, it } from 'vitest';
import { table } from '../testing/fixtures';
import { folderSummaries } from './folderSummaries';
import type { PathState } from './pathState';
import { pendingRenames } from './pendingRenames';

type Contents = Record<string, string>;

const nothing = { outgoing: 0, incoming: 0, conflicts: 0, problems: 0, held: 0 };
const noRenames = { outgoing: [], incoming: [] };

/** Contents by path on each side; by default, the server has the ancestor. */
interface Sides {
  readonly ancestor: Contents;
  readonly local: Contents;
  readonly remote?: Contents;
}

function summaries(states: Record<string, PathState>, { ancestor, local, remote = ancestor }: Sides) {
  const tables = { ancestor: table(ancestor), local: table(local), remote: table(remote) };
  const byPath = new Map(Object.entries(states));
  return folderSummaries(byPath, pendingRenames(byPath, tables));
}

describe('folderSummaries', () => {
  it('counts the paths in a folder and below it, by direction', () => {
    const folders = folderSummaries(
      new Map([
        ['top.md', 'modified'],
        ['notes/a.md', 'modified'],
        ['notes/b.md', 'incoming'],
        ['notes/deep/er/c.md', 'both'],
        ['notes/deep/d.md', 'conflict'],
        ['notesy/e.md', 'problem'],
      ]),
      noRenames,
    );
    expect(folders.get('notes')).toEqual({
      state: 'conflict',
      pending: { outgoing: 2, incoming: 2, conflicts: 1, problems: 0, held: 0 },
      changes: 4,
    });
    expect(folders.get('notes/deep/er')?.pending).toEqual({ ...nothing, outgoing: 1, incoming: 1 });
    expect(folders.get('notesy')).toEqual({ state: 'problem', pending: { ...nothing, problems: 1 }, changes: 0 });
    expect([...folders.keys()].sort()).toEqual(['', 'notes', 'notes/deep', 'notes/deep/er', 'notesy']);
    expect(folders.get('')?.pending).toEqual({ outgoing: 3, incoming: 2, conflicts: 1, problems: 1, held: 0 });
  });

  it('counts a path once as a change, whichever sides changed it, and no problem or held path', () => {
    const states = { a: 'both', b: 'conflict', c: 'modified', d: 'incoming', e: 'problem', f: 'held' } as const;
    const { changes, pending } = summaries(states, { ancestor: {}, local: {} }).get('') ?? {};
    expect(changes).toBe(4);
    expect(pending).toEqual({ outgoing: 2, incoming: 2, conflicts: 1, problems: 1, held: 1 });
  });

  it('counts a renamed file once, here and on the server', () => {
    const ancestor = { 'a/1': 'one', 'a/2': 'two', old: 'three' };
    const states = { 'a/1': 'deleted', 'a/2': 'deleted', 'b/1': 'added', 'b/2': 'added' } as const;
    const local = { 'b/1': 'one', 'b/2': 'two', old: 'three' };
    const here = summaries(states, { ancestor, local });
    expect(here.get('')).toMatchObject({ changes: 2, pending: { ...nothing, outgoing: 2 } });
    const remote = { 'a/1': 'one', 'a/2': 'two', new: 'three' };
    const both = summaries({ ...states, old: 'incoming', new: 'incoming' }, { ancestor, local, remote });
    expect(both.get('')).toMatchObject({ changes: 3, pending: { ...nothing, outgoing: 2, incoming: 1 } });
  });

  it('counts a file that moved to another folder in both, and once in those above', () => {
    const states = { 'notes/a/1': 'deleted', 'notes/b/1': 'added' } as const;
    const folders = summaries(states, { ancestor: { 'notes/a/1': 'one' }, local: { 'notes/b/1': 'one' } });
    const outgoing = ['', 'notes', 'notes/a', 'notes/b'].map((folder) => folders.get(folder)?.pending.outgoing);
    expect(outgoing).toEqual([1, 1, 1, 1]);
  });

  it('counts a deletion and a new file of another content twice', () => {
    const folders = summaries({ a: 'deleted', b: 'added' }, { ancestor: { a: 'one' }, local: { b: 'two' } });
    expect(folders.get('')?.changes).toBe(2);
  });

  it('pairs a copy and its deleted original only once', () => {
    const states = { a: 'deleted', b: 'added', c: 'added' } as const;
    const folders = summaries(states, { ancestor: { a: 'one' }, local: { b: 'one', c: 'one' } });
    expect(folders.get('')?.changes).toBe(2);
  });
});
