import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../change';
import { entry, table } from '../testing/fixtures';
import { reconcile } from '../testing/reconcile';
import { findRenames, type Renames } from './renames';

type Short = Readonly<Record<string, string>>;

/** What is found between two tables, in short: `a → b`, and folders with a `/` at the end. */
function shown(before: Short, after: Short): string[] {
  const [old, now] = [table(before), table(after)];
  return short(findRenames(reconcile(old, now, old).remoteChanges, old.keys()));
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
  'a link with a new name': { before: { a: '-> x' }, after: { b: '-> x' }, found: ['a → b'] },
  'a link is no file with the same bytes': { before: { a: '-> x' }, after: { b: 'x' }, found: [] },
  'an edit is no rename': { before: { a: '1' }, after: { b: '2' }, found: [] },
  'a copy is no rename': { before: { a: '1' }, after: { a: '1', b: '1' }, found: [] },
  'each path is used once': { before: { a: '1' }, after: { b: '1', c: '1' }, found: ['a → b'] },
  'the same name elsewhere goes before another name': {
    before: { 'a/x.md': '1' },
    after: { 'a/y.md': '1', 'b/x.md': '1' },
    found: ['a/x.md → b/x.md'],
  },
  'of names alike, the nearer': {
    before: { 'notes.md': '1', 'zoo.md': '1' },
    after: { 'notes2.md': '1', 'zoo-old.md': '1' },
    found: ['notes.md → notes2.md', 'zoo.md → zoo-old.md'],
  },
  'of places alike, the nearer': {
    before: { 'r/q/f': '1' },
    after: { 'p/z/f': '1', 'r/z/f': '1' },
    found: ['r/q/f → r/z/f'],
  },
  'equal files that moved with their folders keep to them': {
    before: { 'a/x/i': '1', 'b/x/i': '1' },
    after: { 'c/b/x/i': '1', 'c/a/x/i': '1' },
    found: ['a/x/i → c/a/x/i', 'b/x/i → c/b/x/i'],
  },
  'empty files only by their names': {
    before: { 'a/__init__.py': '', 'a/empty': '' },
    after: { 'b/__init__.py': '', 'b/other': '' },
    found: ['a/__init__.py → b/__init__.py'],
  },
  'a file into a folder of its own name': { before: { a: '1' }, after: { 'a/b': '1' }, found: ['a → a/b'] },
  'a folder, with all below it': {
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
  'what was in a folder, to the top': {
    before: { 'a/x': '1', 'a/y': '2' },
    after: { x: '1', y: '2' },
    found: ['a/ → / (2)'],
  },
  'a folder of which one file stayed is not renamed': {
    before: { 'a/x': '1', 'a/y': '2', 'a/z': '3' },
    after: { 'b/x': '1', 'b/y': '2', 'a/z': '3' },
    found: ['a/x → b/x', 'a/y → b/y'],
  },
  'a folder of which one file was deleted is not renamed': {
    before: { 'a/x': '1', 'a/y': '2', 'a/z': '3' },
    after: { 'b/x': '1', 'b/y': '2' },
    found: ['a/x → b/x', 'a/y → b/y'],
  },
  'a folder whose files went two ways is not renamed': {
    before: { 'a/x': '1', 'a/y': '2' },
    after: { 'b/x': '1', 'c/y': '2' },
    found: ['a/x → b/x', 'a/y → c/y'],
  },
  'a folder of one file is shown as the file': { before: { 'a/x': '1' }, after: { 'b/x': '1' }, found: ['a/x → b/x'] },
  'the outermost folder of which all moved': {
    before: { 'a/b/x': '1', 'a/b/y': '2', 'a/k': '3' },
    after: { 'c/b/x': '1', 'c/b/y': '2', 'd/k': '3' },
    found: ['a/b/ → c/b/ (2)', 'a/k → d/k'],
  },
  'names that objects have anyway': {
    before: { constructor: '1', 'a/toString': '2' },
    after: { 'b/constructor': '1', 'b/toString': '2' },
    found: ['a/toString → b/toString', 'constructor → b/constructor'],
  },
};

describe('findRenames', () => {
  it.each(Object.entries(rows))('%s', (_, { before, after, found }) => {
    expect(shown(before, after)).toEqual(found);
  });

  it('leaves the other changes, in order', () => {
    const old = table({ a: '1', b: '2', c: '3', d: '4' });
    const changes = reconcile(old, table({ b: '9', c: '3', e: '1', f: '7' }), old).remoteChanges;
    const found = findRenames(changes);
    expect(found.files).toEqual([{ from: 'a', to: 'e' }]);
    expect(found.rest.map(({ path }) => path)).toEqual(['b', 'd', 'f']);
  });

  it('tells of each change exactly once, of pairs with the same content', () => {
    const path = fc
      .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 })
      .map((names) => names.join('/'));
    const change = fc
      .tuple(path, fc.constantFrom('', '1', '2', '-> 1'), fc.constantFrom('put', 'delete', 'edit'))
      .map(([path, content, kind]): Change => {
        const one = entry(path, content);
        return { path, from: kind === 'put' ? undefined : one, to: kind === 'delete' ? undefined : one };
      });
    fc.assert(
      fc.property(fc.uniqueArray(change, { selector: ({ path }) => path, maxLength: 60 }), (changes) => {
        const byPath = new Map(changes.map((one) => [one.path, one]));
        const { folders, files, rest } = findRenames(changes);
        const renames = [...files, ...folders.flatMap((folder) => folder.files)];
        const told = [...renames.flatMap(({ from, to }) => [from, to]), ...rest.map(({ path }) => path)];
        expect(told.sort()).toEqual([...byPath.keys()].sort());
        for (const { from, to } of renames) {
          const [gone, put] = [byPath.get(from), byPath.get(to)];
          expect([gone?.to, put?.from]).toEqual([undefined, undefined]);
          expect(gone?.from?.hash).toBe(put?.to?.hash);
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
    ['all the same', () => '1'],
    ['all empty', () => ''],
  ])('is quick for 100,000 changes with contents that are %s', (_, content) => {
    const changes: Change[] = [];
    for (let i = 0; i < 50_000; i++) {
      const [from, to] = [`d${i % 10}/e${i % 1000}/f${i}`, `n/d${i % 10}/e${i % 1000}/f${i}`];
      changes.push({ path: from, from: entry(from, content(i)), to: undefined });
      changes.push({ path: to, from: undefined, to: entry(to, content(i)) });
    }
    const start = performance.now();
    const { folders, files, rest } = findRenames(changes);
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(short({ folders, files: [], rest: [] }).sort()).toEqual(
      Array.from({ length: 10 }, (_, i) => `d${i}/ → n/d${i}/ (5000)`),
    );
    expect([files, rest]).toEqual([[], []]);
  });
});
