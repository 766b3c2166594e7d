import fc from 'fast-check';
import { expect, it } from 'vitest';
import { folderSummaries } from './folderSummaries';
import type { PathState } from './pathState';
import { PathFolders, PathTree } from './pathTree';

const names = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 });
const paths = fc.uniqueArray(
  names.map((parts) => parts.join('/')),
  { maxLength: 12 },
);

it('lists the files and folders in each folder, and a folder in place of a file of the same name', () => {
  fc.assert(
    fc.property(paths, (all) => {
      const folders = new PathFolders(all);
      const expected = new Map<string, Map<string, string>>();
      for (const path of all) {
        const parts = path.split('/');
        for (const [depth, name] of parts.entries()) {
          const folder = parts.slice(0, depth).join('/');
          const inside = expected.get(folder) ?? new Map<string, string>();
          expected.set(folder, inside);
          if (depth < parts.length - 1) inside.set(name, 'folder');
          else if (!inside.has(name)) inside.set(name, 'file');
        }
      }
      expect(folders.isEmpty).toBe(all.length === 0);
      for (const [folder, inside] of expected) expect(folders.kindsIn(folder)).toEqual(inside);
      expect(folders.kindsIn('none')).toBeUndefined();
    }),
  );
});

function pathTree(observed: string[], states: ReadonlyMap<string, PathState>, tracked: string[] = []): PathTree {
  const summaries = folderSummaries(states, { outgoing: [], incoming: [] });
  return new PathTree({ observed: new PathFolders(observed), states, summaries, tracked });
}

it('lists a tracked folder without files', () => {
  const tree = pathTree([], new Map(), ['a/empty']);
  expect(tree.isEmpty).toBe(false);
  expect(tree.children('').map(({ name, kind }) => [name, kind])).toEqual([['a', 'folder']]);
  expect(tree.children('a').map(({ name, kind }) => [name, kind])).toEqual([['empty', 'folder']]);
  expect(tree.children('a/empty')).toEqual([]);
});

it('shows the problem of a folder itself, whose disk is missing', () => {
  const states = new Map([
    ['all/data', 'problem'],
    ['all/other/a', 'modified'],
  ] as const);
  const tree = pathTree(['all/data/b', 'all/other/a'], states);
  const problems = (folder: string): unknown[] =>
    tree.children(folder).map(({ name, state, pending }) => [name, state, pending?.problems]);
  expect(problems('')).toEqual([['all', 'problem', 1]]);
  expect(problems('all')).toEqual([
    ['data', 'problem', 1],
    ['other', 'modified', 0],
  ]);
});

it('lists folders, then files, by name, including paths that are only on the server', () => {
  const tree = pathTree(['b10', 'b9', 'z/one', 'a/two'], new Map([['a/three', 'incoming']]));
  expect(tree.children('').map(({ name, kind, state }) => [name, kind, state])).toEqual([
    ['a', 'folder', 'incoming'],
    ['z', 'folder', undefined],
    ['b9', 'file', undefined],
    ['b10', 'file', undefined],
  ]);
  expect(tree.children('a').map(({ name, state }) => [name, state])).toEqual([
    ['three', 'incoming'],
    ['two', undefined],
  ]);
});
