import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { splitIntoParts } from './transferParts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'palmtree-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), '');
  }
}

const manyPaths = Array.from({ length: 2_400 }, (_, index) => `d${index % 4}/e${index % 40}/f${index}`);

async function listedNames(paths: readonly string[]): Promise<string[]> {
  return (await splitIntoParts(paths, 2, root)).flatMap(({ names }) => names);
}

test('whole folders are listed in place of their files, and the parts are about equal', async () => {
  write(manyPaths);
  const parts = await splitIntoParts(manyPaths, 2, root);
  expect(parts.map(({ fileCount }) => fileCount)).toEqual([1_200, 1_200]);
  expect(parts.flatMap(({ names }) => names).length).toBeLessThan(50);
  expect(parts.every(({ hasFolders }) => hasFolders)).toBe(true);
});

test('a folder that contains anything else, except symlinks, is not listed', async () => {
  write([...manyPaths, 'd0/e0/secret', 'd1/e1/node_modules/x']);
  mkdirSync(join(root, 'd2/empty'));
  symlinkSync('/', join(root, 'd3/e3/link'));
  const names = await listedNames(manyPaths);
  for (const folder of ['d0', 'd0/e0', 'd1', 'd1/e1', 'd2']) expect(names).not.toContain(folder);
  expect(names).toContain('d3/e3');
  expect(names.filter((name) => name.startsWith('d0/e0/'))).toHaveLength(60);
});

test('a file that has disappeared is listed by its name', async () => {
  write(manyPaths);
  rmSync(join(root, 'd0/e0/f0'));
  const names = await listedNames(manyPaths);
  expect(names).toContain('d0/e0/f0');
  expect(names).not.toContain('d0/e0');
});

test('a few paths are one part, and no folder is read', async () => {
  expect(await splitIntoParts(['a', 'b/c'], 4, root)).toEqual([
    { names: ['a', 'b/c'], fileCount: 2, hasFolders: false },
  ]);
});

test('without a root to read, whole folders are listed', async () => {
  const parts = await splitIntoParts([...manyPaths, 'top'], 2);
  expect(parts.map(({ fileCount }) => fileCount).reduce((sum, count) => sum + count)).toBe(2_401);
  expect(parts).toHaveLength(2);
  const names = parts.flatMap((part) => part.names);
  expect(names).toContain('top');
  expect(names.length).toBeLessThan(50);
});
