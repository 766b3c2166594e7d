import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pathsAtOrIn, pathsInFolder, requireTracked } from './paths';
import { parseRevisionPath } from './revisionPath';

let root: string;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'palmtree-paths-')));
  await mkdir(join(root, 'n/deep'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true }));

describe('a typed path', () => {
  it('starts from the current folder, and need not exist', () => {
    expect(pathsInFolder(['deep', '../gone/a', '.', '..'], join(root, 'n'), root)).toEqual([
      'n/deep',
      'gone/a',
      'n',
      '',
    ]);
    expect(pathsInFolder([join(root, 'n')], '/', root)).toEqual(['n']);
  });

  it('may lead through a link of a folder, and is that of a link itself', async () => {
    await symlink(join(root, 'n'), join(root, 'link'));
    expect(pathsInFolder(['link/deep', 'link'], root, root)).toEqual(['n/deep', 'link']);
  });

  it('is refused outside of the folder', () => {
    expect(() => pathsInFolder(['../..', 'a'], join(root, 'n'), root)).toThrow('outside');
    expect(pathsInFolder(['..a'], root, root)).toEqual(['..a']);
  });

  it('stands for everything in it', () => {
    expect([...pathsAtOrIn(['n/a', 'n/deep/b', 'na', 'o'], ['n'])]).toEqual(['n/a', 'n/deep/b']);
    expect(pathsAtOrIn(['n/a', 'o'], ['']).size).toBe(2);
  });
});

describe('a path that nothing is tracked at', () => {
  const folder = {
    trackedPaths: ['n/a'].values(),
    pathStates: new Map([['n/gone', 'deleted' as const]]),
    rules: new Map([['empty', { path: 'empty', kind: 'folder' as const, effect: 'track' as const }]]),
  };

  it.each(['n', 'n/a', 'n/gone', 'empty', ''])('is not "%s"', (path) => {
    const trackedPaths = ['n/a'].values();
    expect(() => requireTracked({ ...folder, trackedPaths }, [path])).not.toThrow();
  });

  it('is named, whatever else is typed', () => {
    expect(() => requireTracked(folder, ['n', 'typo', 'n/b'])).toThrow('Nothing is tracked at "n/b", "typo".');
  });
});

it('finds a thousand typed paths among all files in a moment', () => {
  const names = Array.from({ length: 1_000 }, (_, number) => `n/deep/${number}`);
  const known = names.flatMap((folder) => Array.from({ length: 30 }, (_, number) => `${folder}/${number}`));
  const folder = { pathStates: new Map(), rules: new Map() };
  const begun = performance.now();
  expect(() => requireTracked({ ...folder, trackedPaths: known.values() }, [...names, 'typo'])).toThrow('at "typo".');
  expect(pathsAtOrIn(known, names).size).toBe(known.length);
  expect(performance.now() - begun).toBeLessThan(1_000);
});

describe('a typed version', () => {
  it.each([
    ['12:n/a', 12, 'n/a'],
    ['r12:n/a', 12, 'n/a'],
    ['head:n/a', undefined, 'n/a'],
    ['3', 3, undefined],
    ['3:', 3, ''],
    ['3:./a', 3, 'n/a'],
    ['3:a:b', 3, 'a:b'],
  ])('%s is revision %s of %s', (text, revision, path) => {
    expect(parseRevisionPath(text, join(root, 'n'), root)).toEqual({ revision, path });
  });

  it('needs a revision', () => {
    expect(() => parseRevisionPath('n/a', root, root)).toThrow('Type REV:PATH');
  });
});
