import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { measure } from './measure';

let root: string;
const all = { isExcluded: () => false };

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'palmtree-measure-'));
  await mkdir(join(root, 'a/b'), { recursive: true });
  await writeFile(join(root, 'a/one'), '1'.repeat(10));
  await writeFile(join(root, 'a/b/two'), '2'.repeat(200));
  await writeFile(join(root, 'three'), '3'.repeat(3000));
});
afterEach(() => rm(root, { recursive: true, force: true }));

it('adds up the files in a folder, of the whole root, and one file alone', async () => {
  expect(await measure(root, 'a', all)).toEqual({ files: 2, bytes: 210, isPartial: false });
  expect(await measure(root, '', all)).toEqual({ files: 3, bytes: 3210, isPartial: false });
  expect(await measure(root, 'three', all)).toEqual({ files: 1, bytes: 3000, isPartial: false });
});

it('leaves out what is excluded, and does not enter such folders', async () => {
  const isExcluded = (path: string, isFolder: boolean): boolean => isFolder && path === 'a/b';
  expect(await measure(root, 'a', { isExcluded })).toEqual({ files: 1, bytes: 10, isPartial: false });
});

it('ends at a limit, and says that there may be more', async () => {
  for (let n = 0; n < 20; n++) await writeFile(join(root, `a/b/f${n}`), 'x');
  expect(await measure(root, '', { ...all, maxFiles: 5 })).toMatchObject({ files: 5, isPartial: true });
  expect(await measure(root, '', { ...all, maxBytes: 100 })).toMatchObject({ isPartial: true });
});

it('follows no link to a folder', async () => {
  await symlink(join(root, 'a'), join(root, 'link'));
  expect((await measure(root, '', all)).files).toBe(4);
  expect(await measure(root, 'link', all)).toMatchObject({ files: 1 });
});

it('finds nothing where nothing is', async () => {
  expect(await measure(root, 'gone', all)).toEqual({ files: 0, bytes: 0, isPartial: false });
});
