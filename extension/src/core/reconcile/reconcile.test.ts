import { describe, expect, it } from 'vitest';
import type { Change } from '../change';
import { cpuTimeMs } from '../testing/cpuTime';
import { shown, table } from '../testing/fixtures';
import { reconcile } from '../testing/reconcile';

type Short = Readonly<Record<string, string>>;

interface Row {
  readonly ancestor?: Short;
  readonly local?: Short;
  readonly remote?: Short;
  /** The changes of a pull as `path: content`, where '' deletes. */
  readonly pull?: Short;
  readonly push?: Short;
  readonly converge?: Short;
  readonly conflicts?: readonly string[];
}

const rows: Readonly<Record<string, Row>> = {
  'three empty tables are unchanged': {},
  'three equal files are unchanged': { ancestor: { a: '1' }, local: { a: '1' }, remote: { a: '1' } },
  'three equal executables are unchanged': { ancestor: { a: '1 x' }, local: { a: '1 x' }, remote: { a: '1 x' } },
  'three equal symlinks are unchanged': {
    ancestor: { a: '-> b' },
    local: { a: '-> b' },
    remote: { a: '-> b' },
  },

  'a file created here is uploaded': { local: { a: '1' }, push: { a: '1' } },
  'an executable created here is uploaded': { local: { a: '1 x' }, push: { a: '1 x' } },
  'a symlink created here is uploaded': { local: { a: '-> b' }, push: { a: '-> b' } },
  'an empty file created here is uploaded': { local: { a: '' }, push: { a: '' } },
  'a file in new folders is uploaded': { local: { 'a/b/c': '1' }, push: { 'a/b/c': '1' } },
  'an edit made here is uploaded': {
    ancestor: { a: '1' },
    local: { a: '2' },
    remote: { a: '1' },
    push: { a: '2' },
  },
  'a file emptied here is uploaded': {
    ancestor: { a: '1' },
    local: { a: '' },
    remote: { a: '1' },
    push: { a: '' },
  },
  'a mode changed here is uploaded': {
    ancestor: { a: '1' },
    local: { a: '1 x' },
    remote: { a: '1' },
    push: { a: '1 x' },
  },
  'an edit with a new mode made here is uploaded': {
    ancestor: { a: '1' },
    local: { a: '2 x' },
    remote: { a: '1' },
    push: { a: '2 x' },
  },
  'a deletion made here is uploaded': { ancestor: { a: '1' }, remote: { a: '1' }, push: { a: '' } },
  'a rename made here is a deletion and a put': {
    ancestor: { a: '1' },
    local: { b: '1' },
    remote: { a: '1' },
    push: { a: '', b: '1' },
  },
  'a symlink retargeted here is uploaded': {
    ancestor: { a: '-> b' },
    local: { a: '-> c' },
    remote: { a: '-> b' },
    push: { a: '-> c' },
  },
  'a file that became a symlink here is uploaded': {
    ancestor: { a: '1' },
    local: { a: '-> b' },
    remote: { a: '1' },
    push: { a: '-> b' },
  },
  'a symlink that became a file here is uploaded': {
    ancestor: { a: '-> b' },
    local: { a: '1' },
    remote: { a: '-> b' },
    push: { a: '1' },
  },
  'a symlink that became a file with the bytes of its target is uploaded': {
    ancestor: { a: '-> b' },
    local: { a: 'b' },
    remote: { a: '-> b' },
    push: { a: 'b' },
  },

  'a file created on the server is downloaded': { remote: { a: '1' }, pull: { a: '1' } },
  'an edit made on the server is downloaded': {
    ancestor: { a: '1' },
    local: { a: '1' },
    remote: { a: '2' },
    pull: { a: '2' },
  },
  'a mode changed on the server is downloaded': {
    ancestor: { a: '1' },
    local: { a: '1' },
    remote: { a: '1 x' },
    pull: { a: '1 x' },
  },
  'a deletion made on the server is downloaded': { ancestor: { a: '1' }, local: { a: '1' }, pull: { a: '' } },
  'a rename made on the server is a deletion and a put': {
    ancestor: { a: '1' },
    local: { a: '1' },
    remote: { b: '1' },
    pull: { a: '', b: '1' },
  },
  'a file that became a symlink on the server is downloaded': {
    ancestor: { a: '1' },
    local: { a: '1' },
    remote: { a: '-> b' },
    pull: { a: '-> b' },
  },

  'the same file created on both sides converges': {
    local: { a: '1' },
    remote: { a: '1' },
    converge: { a: '1' },
  },
  'the same edit on both sides converges': {
    ancestor: { a: '1' },
    local: { a: '2' },
    remote: { a: '2' },
    converge: { a: '2' },
  },
  'the same mode set on both sides converges': {
    ancestor: { a: '1' },
    local: { a: '1 x' },
    remote: { a: '1 x' },
    converge: { a: '1 x' },
  },
  'a deletion on both sides converges': { ancestor: { a: '1' }, converge: { a: '' } },
  'the same symlink on both sides converges': {
    ancestor: { a: '1' },
    local: { a: '-> b' },
    remote: { a: '-> b' },
    converge: { a: '-> b' },
  },
  'a folder replaced by the same file on both sides converges': {
    ancestor: { 'a/b': '1' },
    local: { a: '2' },
    remote: { a: '2' },
    converge: { a: '2', 'a/b': '' },
  },

  'different edits conflict': {
    ancestor: { a: '1' },
    local: { a: '2' },
    remote: { a: '3' },
    conflicts: ['a'],
  },
  'different files created at one path conflict': { local: { a: '1' }, remote: { a: '2' }, conflicts: ['a'] },
  'an edit here against a deletion on the server conflicts': {
    ancestor: { a: '1' },
    local: { a: '2' },
    conflicts: ['a'],
  },
  'an edit on the server against a deletion here conflicts': {
    ancestor: { a: '1' },
    remote: { a: '2' },
    conflicts: ['a'],
  },
  'a mode set here against a deletion on the server conflicts': {
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
  'a file against a symlink conflicts': {
    ancestor: { a: '1' },
    local: { a: '2' },
    remote: { a: '-> b' },
    conflicts: ['a'],
  },
  'a new file against a new symlink with the same bytes conflicts': {
    local: { a: 'b' },
    remote: { a: '-> b' },
    conflicts: ['a'],
  },
  'different symlink targets conflict': {
    ancestor: { a: '-> b' },
    local: { a: '-> c' },
    remote: { a: '-> d' },
    conflicts: ['a'],
  },
  'an edit here against a mode on the server conflicts': {
    ancestor: { a: '1' },
    local: { a: '2' },
    remote: { a: '1 x' },
    conflicts: ['a'],
  },
  'a conflict affects no other path': {
    ancestor: { a: '1', b: '1', c: '1' },
    local: { a: '2', b: '2', c: '1' },
    remote: { a: '3', b: '1', c: '2' },
    push: { b: '2' },
    pull: { c: '2' },
    conflicts: ['a'],
  },

  'the same edit, with a mode set here: the mode is uploaded': {
    ancestor: { a: '1' },
    local: { a: '2 x' },
    remote: { a: '2' },
    push: { a: '2 x' },
  },
  'the same edit, with a mode set on the server: the mode is downloaded': {
    ancestor: { a: '1' },
    local: { a: '2' },
    remote: { a: '2 x' },
    pull: { a: '2 x' },
  },
  'different modes set on both sides: the server’s wins': {
    ancestor: { a: '1' },
    local: { a: '1 600' },
    remote: { a: '1 x' },
    pull: { a: '1 x' },
  },
  'the same file created with different modes: the server’s wins': {
    local: { a: '1 x' },
    remote: { a: '1' },
    pull: { a: '1' },
  },
  'a symlink replaced by the same file with different modes: the server’s wins': {
    ancestor: { a: '-> b' },
    local: { a: '1 x' },
    remote: { a: '1' },
    pull: { a: '1' },
  },

  'a folder that became a file here is uploaded': {
    ancestor: { 'a/b': '1', 'a/c/d': '2' },
    local: { a: '3' },
    remote: { 'a/b': '1', 'a/c/d': '2' },
    push: { a: '3', 'a/b': '', 'a/c/d': '' },
  },
  'a folder that became a file on the server is downloaded': {
    ancestor: { 'a/b': '1' },
    local: { 'a/b': '1' },
    remote: { a: '3' },
    pull: { a: '3', 'a/b': '' },
  },
  'a file that became a folder here is uploaded': {
    ancestor: { a: '1' },
    local: { 'a/b': '2' },
    remote: { a: '1' },
    push: { a: '', 'a/b': '2' },
  },
  'a file that became a folder on the server is downloaded': {
    ancestor: { a: '1' },
    local: { a: '1' },
    remote: { 'a/b': '2' },
    pull: { a: '', 'a/b': '2' },
  },
  'a symlink that became a folder on the server is downloaded': {
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
  'a new file against a new file deep below it: both conflict': {
    local: { a: '1' },
    remote: { 'a/b/c/d': '2', 'a/e': '3' },
    conflicts: ['a', 'a/b/c/d', 'a/e'],
  },
  'a common prefix of two names is not a conflict': {
    local: { a: '1', 'b.c': '1' },
    remote: { 'ab/c': '2', 'b/c': '2' },
    push: { a: '1', 'b.c': '1' },
    pull: { 'ab/c': '2', 'b/c': '2' },
  },
  'a folder that became a file here, with an edit in it on the server: the file conflicts': {
    ancestor: { 'a/b': '1', 'a/c': '1' },
    local: { a: '2' },
    remote: { 'a/b': '3', 'a/c': '1' },
    push: { 'a/c': '' },
    conflicts: ['a', 'a/b'],
  },
  'a folder that became a file on the server, with an edit in it here: the file conflicts': {
    ancestor: { 'a/b': '1', 'a/c': '1' },
    local: { 'a/b': '3', 'a/c': '1' },
    remote: { a: '2' },
    pull: { 'a/c': '' },
    conflicts: ['a', 'a/b'],
  },
  'a folder that became a file on the server, with a new file in it here: both conflict': {
    ancestor: { 'a/b': '1' },
    local: { 'a/b': '1', 'a/z': '2' },
    remote: { a: '3' },
    pull: { 'a/b': '' },
    conflicts: ['a', 'a/z'],
  },
  'a folder that became a file here, with a new file in it on the server: both conflict': {
    ancestor: { 'a/b': '1' },
    local: { a: '3' },
    remote: { 'a/b': '1', 'a/z': '2' },
    push: { 'a/b': '' },
    conflicts: ['a', 'a/z'],
  },
  'a file that became a folder here, edited on the server: both conflict': {
    ancestor: { a: '1' },
    local: { 'a/b': '2' },
    remote: { a: '3' },
    conflicts: ['a', 'a/b'],
  },
  'a file that became a folder on the server, edited here: both conflict': {
    ancestor: { a: '1' },
    local: { a: '3' },
    remote: { 'a/b': '2' },
    conflicts: ['a', 'a/b'],
  },
  'a file that became a folder on the server, deleted here: the folder is downloaded': {
    ancestor: { a: '1' },
    remote: { 'a/b': '2' },
    converge: { a: '' },
    pull: { 'a/b': '2' },
  },
  'a file that became different folders on both sides: both are transferred': {
    ancestor: { a: '1' },
    local: { 'a/b': '2' },
    remote: { 'a/c': '3' },
    converge: { a: '' },
    push: { 'a/b': '2' },
    pull: { 'a/c': '3' },
  },
  'a conflict in a folder does not affect other files on the server': {
    ancestor: { 'd/k': '1' },
    local: { 'd/k': '2', 'd/a': '1', 'e/f': '1' },
    remote: { 'd/k': '1', 'd/a/b': '2' },
    push: { 'd/k': '2', 'e/f': '1' },
    conflicts: ['d/a', 'd/a/b'],
  },
  'names of JavaScript properties are plain names': {
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
      pull: short(result.downloads),
      push: short(result.uploads),
      converge: short(result.ancestorChanges),
      conflicts: result.conflicts.map(({ path }) => path),
    }).toEqual({
      pull: row.pull ?? {},
      push: row.push ?? {},
      converge: row.converge ?? {},
      conflicts: row.conflicts ?? [],
    });
  });

  it('ignores an mtime that changed alone', () => {
    const old = table({ a: '1' });
    const touched = new Map([...old].map(([path, entry]) => [path, { ...entry, mtimeNs: 99n }]));
    const unchanged = { ancestorChanges: [], downloads: [], uploads: [], conflicts: [] };
    expect(reconcile(old, touched, old)).toEqual(unchanged);
    expect(reconcile(old, old, touched)).toEqual(unchanged);
    expect(reconcile(old, touched, touched)).toEqual(unchanged);
  });

  it('returns the entries of each side', () => {
    const [ancestor, local, remote] = [table({ a: '1' }), table({ a: '2' }), table({ a: '3' })];
    expect(reconcile(ancestor, local, remote).conflicts).toEqual([
      { path: 'a', ancestor: ancestor.get('a'), local: local.get('a'), remote: remote.get('a') },
    ]);
    expect(reconcile(ancestor, local, ancestor).uploads).toEqual([
      { path: 'a', from: ancestor.get('a'), to: local.get('a') },
    ]);
  });

  it('sorts paths, a folder before its files', () => {
    const result = reconcile(table({}), table({ b: '1', 'a/b': '1', c: '1', 'a-b': '1' }), table({}));
    expect(result.uploads.map(({ path }) => path)).toEqual(['a-b', 'a/b', 'b', 'c']);
  });

  it('is fast for 100,000 paths with a folder replaced by a file', () => {
    const contents: Record<string, string> = {};
    for (let i = 0; i < 100_000; i++) contents[`d${i % 100}/e${i % 1000}/f${i}`] = String(i % 7);
    const full = table(contents);
    const remote = new Map([...full].filter(([path]) => !path.startsWith('d7/')));
    remote.set('d7', { ...full.get('d0/e0/f0')!, path: 'd7' });
    const start = cpuTimeMs();
    const result = reconcile(full, full, remote);
    expect(cpuTimeMs() - start).toBeLessThan(2_000);
    expect(result.downloads).toHaveLength(1_001);
    expect(result.conflicts).toEqual([]);
  });
});
