import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../change';
import { cpuTimeMs } from '../testing/cpuTime';
import { entry, table } from '../testing/fixtures';
import { reconcile } from '../testing/reconcile';
import { findRenames, type Renames } from './renames';

type Short = Readonly<Record<string, string>>;

/** The renames between two tables in short form: `a → b`, and folders with a `/` at the end. */
function shown(before: Short, after: Short): string[] {
  const [old, current] = [table(before), table(after)];
  return short(findRenames(reconcile(old, current, old).uploads, old.keys()));
}

function short({ folders, files }: Renames): string[] {
  return [
    ...folders.map(({ from, to, files }) => `${from}/ → ${to}/ (${files.length})`),
    ...files.map(({ from, to }) => `${from} → ${to}`),
  ];
}

const rows: Readonly<Record<string, { before: Short; after: Short; found: readonly string[] }>> = {
  'a file with a new name': { before: { a: '1' }, after: { b: '1' }, found: ['a → b'] },
  'a file with a new name and mode': { before: { a: '1' }, after: { b: '1 x' }, found: ['a → b'] },
  'a symlink with a new name': { before: { a: '-> x' }, after: { b: '-> x' }, found: ['a → b'] },
  'a file with the bytes of a symlink’s target is not that symlink': {
    before: { a: '-> x' },
    after: { b: 'x' },
    found: [],
  },
  'an edit is not a rename': { before: { a: '1' }, after: { b: '2' }, found: [] },
  'a copy is not a rename': { before: { a: '1' }, after: { a: '1', b: '1' }, found: [] },
  'each path is used once': { before: { a: '1' }, after: { b: '1', c: '1' }, found: ['a → b'] },
  'the same name in another folder wins over another name': {
    before: { 'a/x.md': '1' },
    after: { 'a/y.md': '1', 'b/x.md': '1' },
    found: ['a/x.md → b/x.md'],
  },
  'similar names are paired': {
    before: { 'notes.md': '1', 'zoo.md': '1' },
    after: { 'notes2.md': '1', 'zoo-old.md': '1' },
    found: ['notes.md → notes2.md', 'zoo.md → zoo-old.md'],
  },
  'similar folders are paired': {
    before: { 'r/q/f': '1' },
    after: { 'p/z/f': '1', 'r/z/f': '1' },
    found: ['r/q/f → r/z/f'],
  },
  'equal files move with their folders': {
    before: { 'a/x/i': '1', 'b/x/i': '1' },
    after: { 'c/b/x/i': '1', 'c/a/x/i': '1' },
    found: ['a/x/i → c/a/x/i', 'b/x/i → c/b/x/i'],
  },
  'empty files are paired only by name': {
    before: { 'a/__init__.py': '', 'a/empty': '' },
    after: { 'b/__init__.py': '', 'b/other': '' },
    found: ['a/__init__.py → b/__init__.py'],
  },
  'a file into a folder of its own name': { before: { a: '1' }, after: { 'a/b': '1' }, found: ['a → a/b'] },
  'a folder with all files below it': {
    before: { 'a/x': '1', 'a/y': '2', 'a/z/w': '3' },
    after: { 'b/x': '1', 'b/y': '2', 'b/z/w': '3' },
    found: ['a/ → b/ (3)'],
  },
  'a folder into itself': {
    before: { 'a/x': '1', 'a/y': '2' },
    after: { 'a/b/x': '1', 'a/b/y': '2' },
    found: ['a/ → a/b/ (2)'],
  },
  'a folder out of another': {
    before: { 'a/b/x': '1', 'a/b/y': '2', 'a/c': '3' },
    after: { 'b/x': '1', 'b/y': '2', 'a/c': '3' },
    found: ['a/b/ → b/ (2)'],
  },
  'all files of a folder, to the workspace folder': {
    before: { 'a/x': '1', 'a/y': '2' },
    after: { x: '1', y: '2' },
    found: ['a/ → / (2)'],
  },
  'a folder that kept a file is not renamed': {
    before: { 'a/x': '1', 'a/y': '2', 'a/z': '3' },
    after: { 'b/x': '1', 'b/y': '2', 'a/z': '3' },
    found: ['a/x → b/x', 'a/y → b/y'],
  },
  'a folder that lost a file is not renamed': {
    before: { 'a/x': '1', 'a/y': '2', 'a/z': '3' },
    after: { 'b/x': '1', 'b/y': '2' },
    found: ['a/x → b/x', 'a/y → b/y'],
  },
  'a folder whose files moved to two folders is not renamed': {
    before: { 'a/x': '1', 'a/y': '2' },
    after: { 'b/x': '1', 'c/y': '2' },
    found: ['a/x → b/x', 'a/y → c/y'],
  },
  'a folder of one file is shown as the file': { before: { 'a/x': '1' }, after: { 'b/x': '1' }, found: ['a/x → b/x'] },
  'the outermost folder whose files all moved': {
    before: { 'a/b/x': '1', 'a/b/y': '2', 'a/k': '3' },
    after: { 'c/b/x': '1', 'c/b/y': '2', 'd/k': '3' },
    found: ['a/b/ → c/b/ (2)', 'a/k → d/k'],
  },
  'names of JavaScript properties': {
    before: { constructor: '1', 'a/toString': '2' },
    after: { 'b/constructor': '1', 'b/toString': '2' },
    found: ['a/toString → b/toString', 'constructor → b/constructor'],
  },
};

describe('findRenames', () => {
  it.each(Object.entries(rows))('%s', (_, { before, after, found }) => {
    expect(shown(before, after)).toEqual(found);
  });

  it('returns the other changes, in order', () => {
    const old = table({ a: '1', b: '2', c: '3', d: '4' });
    const changes = reconcile(old, table({ b: '9', c: '3', e: '1', f: '7' }), old).uploads;
    const found = findRenames(changes);
    expect(found.files).toEqual([{ from: 'a', to: 'e' }]);
    expect(found.rest.map(({ path }) => path)).toEqual(['b', 'd', 'f']);
  });

  it('returns each change exactly once, and pairs equal contents', () => {
    const path = fc
      .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 })
      .map((names) => names.join('/'));
    const change = fc
      .tuple(path, fc.constantFrom('', '1', '2', '-> 1'), fc.constantFrom('put', 'delete', 'edit'))
      .map(([path, content, kind]): Change => {
        const state = entry(path, content);
        return { path, from: kind === 'put' ? undefined : state, to: kind === 'delete' ? undefined : state };
      });
    fc.assert(
      fc.property(fc.uniqueArray(change, { selector: ({ path }) => path, maxLength: 60 }), (changes) => {
        const byPath = new Map(changes.map((change) => [change.path, change]));
        const { folders, files, rest } = findRenames(changes);
        const renames = [...files, ...folders.flatMap((folder) => folder.files)];
        const returned = [...renames.flatMap(({ from, to }) => [from, to]), ...rest.map(({ path }) => path)];
        expect(returned.sort()).toEqual([...byPath.keys()].sort());
        for (const { from, to } of renames) {
          const [deletion, put] = [byPath.get(from), byPath.get(to)];
          expect([deletion?.to, put?.from]).toEqual([undefined, undefined]);
          expect(deletion?.from?.hash).toBe(put?.to?.hash);
        }
        for (const folder of folders) {
          for (const { from, to } of folder.files) {
            expect(from.slice(folder.from.length)).toBe(folder.to === '' ? `/${to}` : to.slice(folder.to.length));
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['all different', (i: number) => String(i)],
    ['all equal', () => '1'],
    ['all empty', () => ''],
  ])('is fast for 100,000 changes with contents that are %s', (_, content) => {
    const changes: Change[] = [];
    for (let i = 0; i < 50_000; i++) {
      const [from, to] = [`d${i % 10}/e${i % 1000}/f${i}`, `n/d${i % 10}/e${i % 1000}/f${i}`];
      changes.push({ path: from, from: entry(from, content(i)), to: undefined });
      changes.push({ path: to, from: undefined, to: entry(to, content(i)) });
    }
    const start = cpuTimeMs();
    const { folders, files, rest } = findRenames(changes);
    expect(cpuTimeMs() - start).toBeLessThan(5_000);
    expect(short({ folders, files: [], rest: [] }).sort()).toEqual(
      Array.from({ length: 10 }, (_, i) => `d${i}/ → n/d${i}/ (5000)`),
    );
    expect([files, rest]).toEqual([[], []]);
  });
});
