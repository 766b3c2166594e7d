import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { divide } from './sendList';

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

const many = Array.from({ length: 2_400 }, (_, number) => `d${number % 4}/e${number % 40}/f${number}`);

test('folders stand for their files, and shares are about equal', async () => {
  write(many);
  const shares = await divide(many, 2, root);
  expect(shares.map(({ files }) => files)).toEqual([1_200, 1_200]);
  expect(shares.flatMap(({ names }) => names).length).toBeLessThan(50);
  expect(shares.every(({ hasFolders }) => hasFolders)).toBe(true);
});

test('a folder in which something else stands is never sent whole', async () => {
  write([...many, 'd0/e0/secret', 'd1/e1/node_modules/x']);
  mkdirSync(join(root, 'd2/empty'));
  symlinkSync('/', join(root, 'd3/e3/link'));
  const names = (await divide(many, 2, root)).flatMap((share) => share.names);
  for (const folder of ['d0', 'd0/e0', 'd1', 'd1/e1', 'd2']) expect(names).not.toContain(folder);
  expect(names).toContain('d3/e3');
  expect(names.filter((name) => name.startsWith('d0/e0/'))).toHaveLength(60);
});

test('a file that is gone is asked for by its name', async () => {
  write(many);
  rmSync(join(root, 'd0/e0/f0'));
  const names = (await divide(many, 2, root)).flatMap((share) => share.names);
  expect(names).toContain('d0/e0/f0');
  expect(names).not.toContain('d0/e0');
});

test('a few files are one list, and no folder is looked into', async () => {
  expect(await divide(['a', 'b/c'], 4, root)).toEqual([{ names: ['a', 'b/c'], files: 2, hasFolders: false }]);
});

test('what comes from where nothing else stands is asked for by its folders', async () => {
  const shares = await divide([...many, 'top'], 2);
  expect(shares.map(({ files }) => files).reduce((sum, files) => sum + files)).toBe(2_401);
  expect(shares).toHaveLength(2);
  const names = shares.flatMap((share) => share.names);
  expect(names).toContain('top');
  expect(names.length).toBeLessThan(50);
});
