import { describe, expect, it } from 'vitest';
import type { Change } from '../change';
import { shown, table } from '../testing/fixtures';
import { reconcile } from '../testing/reconcile';

type Short = Readonly<Record<string, string>>;

interface Row {
  readonly ancestor?: Short;
  readonly local?: Short;
  readonly remote?: Short;
  /** What the pull does, as `path: content`, where '' deletes. */
  readonly pull?: Short;
  readonly push?: Short;
  readonly agree?: Short;
  readonly conflicts?: readonly string[];
}

const rows: Readonly<Record<string, Row>> = {
  'nothing anywhere is in step': {},
  'three equal sides are in step': { ancestor: { a: '1' }, local: { a: '1' }, remote: { a: '1' } },
  'three equal executables are in step': { ancestor: { a: '1 x' }, local: { a: '1 x' }, remote: { a: '1 x' } },
  'three equal symlinks are in step': {
    ancestor: { a: '-> b' },
    local: { a: '-> b' },
    remote: { a: '-> b' },
  },

  'a file created here is sent': { local: { a: '1' }, push: { a: '1' } },
  'an executable created here is sent': { local: { a: '1 x' }, push: { a: '1 x' } },
  'a symlink created here is sent': { local: { a: '-> b' }, push: { a: '-> b' } },
  'an empty file created here is sent': { local: { a: '' }, push: { a: '' } },
  'a file in new folders is sent': { local: { 'a/b/c': '1' }, push: { 'a/b/c': '1' } },
  'an edit made here is sent': {
    ancestor: { a: '1' },
    local: { a: '2' },
    remote: { a: '1' },
    push: { a: '2' },
  },
  'a file emptied here is sent': {
    ancestor: { a: '1' },
    local: { a: '' },
    remote: { a: '1' },
    push: { a: '' },
  },
  'a mode changed here is sent': {
    ancestor: { a: '1' },
    local: { a: '1 x' },
    remote: { a: '1' },
    push: { a: '1 x' },
  },
  'an edit with a new mode made here is sent': {
    ancestor: { a: '1' },
    local: { a: '2 x' },
    remote: { a: '1' },
    push: { a: '2 x' },
  },
  'a deletion made here is sent': { ancestor: { a: '1' }, remote: { a: '1' }, push: { a: '' } },
  'a rename made here is a deletion and a put': {
    ancestor: { a: '1' },
    local: { b: '1' },
    remote: { a: '1' },
    push: { a: '', b: '1' },
  },
  'a link retargeted here is sent': {
    ancestor: { a: '-> b' },
    local: { a: '-> c' },
    remote: { a: '-> b' },
    push: { a: '-> c' },
  },
  'a file that became a link here is sent': {
    ancestor: { a: '1' },
    local: { a: '-> b' },
    remote: { a: '1' },
    push: { a: '-> b' },
  },
  'a link that became a file here is sent': {
    ancestor: { a: '-> b' },
    local: { a: '1' },
    remote: { a: '-> b' },
    push: { a: '1' },
  },
  'a link that became a file with the bytes of its target is sent': {
    ancestor: { a: '-> b' },
    local: { a: 'b' },
    remote: { a: '-> b' },
    push: { a: 'b' },
  },

  'a file created there is taken': { remote: { a: '1' }, pull: { a: '1' } },
  'an edit made there is taken': {
    ancestor: { a: '1' },
    local: { a: '1' },
    remote: { a: '2' },
    pull: { a: '2' },
  },
  'a mode changed there is taken': {
    ancestor: { a: '1' },
    local: { a: '1' },
    remote: { a: '1 x' },
    pull: { a: '1 x' },
  },
  'a deletion made there is taken': { ancestor: { a: '1' }, local: { a: '1' }, pull: { a: '' } },
  'a rename made there is a deletion and a put': {
    ancestor: { a: '1' },
    local: { a: '1' },
    remote: { b: '1' },
    pull: { a: '', b: '1' },
  },
  'a file that became a link there is taken': {
    ancestor: { a: '1' },
    local: { a: '1' },
    remote: { a: '-> b' },
    pull: { a: '-> b' },
  },

  'the same file created on both sides is agreed': {
    local: { a: '1' },
    remote: { a: '1' },
    agree: { a: '1' },
  },
  'the same edit on both sides is agreed': {
    ancestor: { a: '1' },
    local: { a: '2' },
    remote: { a: '2' },
    agree: { a: '2' },
  },
  'the same mode set on both sides is agreed': {
    ancestor: { a: '1' },
    local: { a: '1 x' },
    remote: { a: '1 x' },
    agree: { a: '1 x' },
  },
  'a deletion on both sides is agreed': { ancestor: { a: '1' }, agree: { a: '' } },
  'the same link on both sides is agreed': {
    ancestor: { a: '1' },
    local: { a: '-> b' },
    remote: { a: '-> b' },
    agree: { a: '-> b' },
  },
  'a folder replaced by the same file on both sides is agreed': {
    ancestor: { 'a/b': '1' },
    local: { a: '2' },
    remote: { a: '2' },
    agree: { a: '2', 'a/b': '' },
  },

  'different edits conflict': {
    ancestor: { a: '1' },
    local: { a: '2' },
    remote: { a: '3' },
    conflicts: ['a'],
  },
  'different files created at one path conflict': { local: { a: '1' }, remote: { a: '2' }, conflicts: ['a'] },
  'an edit here against a deletion there conflicts': {
    ancestor: { a: '1' },
    local: { a: '2' },
    conflicts: ['a'],
  },
  'an edit there against a deletion here conflicts': {
    ancestor: { a: '1' },
    remote: { a: '2' },
    conflicts: ['a'],
  },
  'a mode set here against a deletion there conflicts': {
    ancestor: { a: '1' },
    local: { a: '1 x' },
    conflicts: ['a'],
  },
  'an emptied file against an edit conflicts': {
    ancestor: { a: '1' },
    local: { a: '' },
    remote: { a: '2' },
    conflicts: ['a'],
  },
  'a file against a link conflicts': {
    ancestor: { a: '1' },
    local: { a: '2' },
    remote: { a: '-> b' },
    conflicts: ['a'],
  },
  'a new file against a new link with the same bytes conflicts': {
    local: { a: 'b' },
    remote: { a: '-> b' },
    conflicts: ['a'],
  },
  'different link targets conflict': {
    ancestor: { a: '-> b' },
    local: { a: '-> c' },
    remote: { a: '-> d' },
    conflicts: ['a'],
  },
  'an edit here against a mode there conflicts': {
    ancestor: { a: '1' },
    local: { a: '2' },
    remote: { a: '1 x' },
    conflicts: ['a'],
  },
  'one conflict holds back nothing else': {
    ancestor: { a: '1', b: '1', c: '1' },
    local: { a: '2', b: '2', c: '1' },
    remote: { a: '3', b: '1', c: '2' },
    push: { b: '2' },
    pull: { c: '2' },
    conflicts: ['a'],
  },

  'the same edit, with a mode set here: the mode is sent': {
    ancestor: { a: '1' },
    local: { a: '2 x' },
    remote: { a: '2' },
    push: { a: '2 x' },
  },
  'the same edit, with a mode set there: the mode is taken': {
    ancestor: { a: '1' },
    local: { a: '2' },
    remote: { a: '2 x' },
    pull: { a: '2 x' },
  },
  'different modes set on both sides: the server’s is taken': {
    ancestor: { a: '1' },
    local: { a: '1 600' },
    remote: { a: '1 x' },
    pull: { a: '1 x' },
  },
  'the same file created with different modes: the server’s is taken': {
    local: { a: '1 x' },
    remote: { a: '1' },
    pull: { a: '1' },
  },
  'a link replaced by the same file with different modes: the server’s is taken': {
    ancestor: { a: '-> b' },
    local: { a: '1 x' },
    remote: { a: '1' },
    pull: { a: '1' },
  },

  'a folder that became a file here goes through': {
    ancestor: { 'a/b': '1', 'a/c/d': '2' },
    local: { a: '3' },
    remote: { 'a/b': '1', 'a/c/d': '2' },
    push: { a: '3', 'a/b': '', 'a/c/d': '' },
  },
  'a folder that became a file there goes through': {
    ancestor: { 'a/b': '1' },
    local: { 'a/b': '1' },
    remote: { a: '3' },
    pull: { a: '3', 'a/b': '' },
  },
  'a file that became a folder here goes through': {
    ancestor: { a: '1' },
    local: { 'a/b': '2' },
    remote: { a: '1' },
    push: { a: '', 'a/b': '2' },
  },
  'a file that became a folder there goes through': {
    ancestor: { a: '1' },
    local: { a: '1' },
    remote: { 'a/b': '2' },
    pull: { a: '', 'a/b': '2' },
  },
  'a link that became a folder there goes through': {
    ancestor: { a: '-> b' },
    local: { a: '-> b' },
    remote: { 'a/b': '2' },
    pull: { a: '', 'a/b': '2' },
  },
  'a new file against a new folder: both conflict': {
    local: { a: '1' },
    remote: { 'a/b': '2' },
    conflicts: ['a', 'a/b'],
  },
  'a new folder against a new file: both conflict': {
    local: { 'a/b': '1' },
    remote: { a: '2' },
    conflicts: ['a', 'a/b'],
  },
  'a new file against a deep new folder: both ends conflict': {
    local: { a: '1' },
    remote: { 'a/b/c/d': '2', 'a/e': '3' },
    conflicts: ['a', 'a/b/c/d', 'a/e'],
  },
  'a name that only begins alike is no clash': {
    local: { a: '1', 'b.c': '1' },
    remote: { 'ab/c': '2', 'b/c': '2' },
    push: { a: '1', 'b.c': '1' },
    pull: { 'ab/c': '2', 'b/c': '2' },
  },
  'a folder that became a file here, with an edit in it there: the file waits': {
    ancestor: { 'a/b': '1', 'a/c': '1' },
    local: { a: '2' },
    remote: { 'a/b': '3', 'a/c': '1' },
    push: { 'a/c': '' },
    conflicts: ['a', 'a/b'],
  },
  'a folder that became a file there, with an edit in it here: the file waits': {
    ancestor: { 'a/b': '1', 'a/c': '1' },
    local: { 'a/b': '3', 'a/c': '1' },
    remote: { a: '2' },
    pull: { 'a/c': '' },
    conflicts: ['a', 'a/b'],
  },
  'a folder that became a file there, with a new file in it here: both conflict': {
    ancestor: { 'a/b': '1' },
    local: { 'a/b': '1', 'a/z': '2' },
    remote: { a: '3' },
    pull: { 'a/b': '' },
    conflicts: ['a', 'a/z'],
  },
  'a folder that became a file here, with a new file in it there: both conflict': {
    ancestor: { 'a/b': '1' },
    local: { a: '3' },
    remote: { 'a/b': '1', 'a/z': '2' },
    push: { 'a/b': '' },
    conflicts: ['a', 'a/z'],
  },
  'a file that became a folder here, edited there: both conflict': {
    ancestor: { a: '1' },
    local: { 'a/b': '2' },
    remote: { a: '3' },
    conflicts: ['a', 'a/b'],
  },
  'a file that became a folder there, edited here: both conflict': {
    ancestor: { a: '1' },
    local: { a: '3' },
    remote: { 'a/b': '2' },
    conflicts: ['a', 'a/b'],
  },
  'a file that became a folder there, deleted here: the folder is taken': {
    ancestor: { a: '1' },
    remote: { 'a/b': '2' },
    agree: { a: '' },
    pull: { 'a/b': '2' },
  },
  'a file that became different folders on both sides: both are carried': {
    ancestor: { a: '1' },
    local: { 'a/b': '2' },
    remote: { 'a/c': '3' },
    agree: { a: '' },
    push: { 'a/b': '2' },
    pull: { 'a/c': '3' },
  },
  'a clash inside a deeper folder leaves its neighbours alone': {
    ancestor: { 'd/k': '1' },
    local: { 'd/k': '2', 'd/a': '1', 'e/f': '1' },
    remote: { 'd/k': '1', 'd/a/b': '2' },
    push: { 'd/k': '2', 'e/f': '1' },
    conflicts: ['d/a', 'd/a/b'],
  },
  'names that objects have anyway are only names': {
    local: { constructor: '1', __proto__x: '1' },
    remote: { toString: '2' },
    push: { constructor: '1', __proto__x: '1' },
    pull: { toString: '2' },
  },
};

function short(changes: readonly Change[]): Short {
  return Object.fromEntries(changes.map(({ path, to }) => [path, shown(to)]));
}

describe('reconcile', () => {
  it.each(Object.entries(rows))('%s', (_, row) => {
    const result = reconcile(table(row.ancestor ?? {}), table(row.local ?? {}), table(row.remote ?? {}));
    expect({
      pull: short(result.localChanges),
      push: short(result.remoteChanges),
      agree: short(result.ancestorChanges),
      conflicts: result.conflicts.map(({ path }) => path),
    }).toEqual({
      pull: row.pull ?? {},
      push: row.push ?? {},
      agree: row.agree ?? {},
      conflicts: row.conflicts ?? [],
    });
  });

  it('sees no change in an mtime alone', () => {
    const old = table({ a: '1' });
    const touched = new Map([...old].map(([path, entry]) => [path, { ...entry, mtimeNs: 99n }]));
    const inStep = { ancestorChanges: [], localChanges: [], remoteChanges: [], conflicts: [] };
    expect(reconcile(old, touched, old)).toEqual(inStep);
    expect(reconcile(old, old, touched)).toEqual(inStep);
    expect(reconcile(old, touched, touched)).toEqual(inStep);
  });

  it('tells what each side had', () => {
    const [ancestor, local, remote] = [table({ a: '1' }), table({ a: '2' }), table({ a: '3' })];
    expect(reconcile(ancestor, local, remote).conflicts).toEqual([
      { path: 'a', ancestor: ancestor.get('a'), local: local.get('a'), remote: remote.get('a') },
    ]);
    expect(reconcile(ancestor, local, ancestor).remoteChanges).toEqual([
      { path: 'a', from: ancestor.get('a'), to: local.get('a') },
    ]);
  });

  it('lists paths in order, a folder’s own path before what is in it', () => {
    const result = reconcile(table({}), table({ b: '1', 'a/b': '1', c: '1', 'a-b': '1' }), table({}));
    expect(result.remoteChanges.map(({ path }) => path)).toEqual(['a-b', 'a/b', 'b', 'c']);
  });

  it('is quick for 100,000 paths with a folder swapped for a file', () => {
    const contents: Record<string, string> = {};
    for (let i = 0; i < 100_000; i++) contents[`d${i % 100}/e${i % 1000}/f${i}`] = String(i % 7);
    const full = table(contents);
    const remote = new Map([...full].filter(([path]) => !path.startsWith('d7/')));
    remote.set('d7', { ...full.get('d0/e0/f0')!, path: 'd7' });
    const start = performance.now();
    const result = reconcile(full, full, remote);
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(result.localChanges).toHaveLength(1_001);
    expect(result.conflicts).toEqual([]);
  });
});
