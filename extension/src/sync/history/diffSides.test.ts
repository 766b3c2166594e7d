import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { maxMergeBytes } from '../../core/merge/mergeText';
import { unifiedDiff } from '../../core/merge/unifiedDiff';
import { entryWith } from '../../core/entry';
import { entry } from '../../core/testing/fixtures';
import { localSide, syncedSide } from './diffSides';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'palmtree-diff-'));
});
afterEach(() => rm(root, { recursive: true }));

/** A history whose contents are not read. */
const historyOf = (size: number, hash: string) => ({
  ancestorEntry: (path: string) => entryWith(entry(path, 'x'), { size, hash }),
  ancestorContent: () => Promise.reject(new Error('The content was read.')),
  versionAt: () => Promise.reject(new Error('The server was asked.')),
  serverContent: () => Promise.reject(new Error('The content was read.')),
});

async function diff(path: string, hashHere: string): Promise<string[]> {
  const before = await syncedSide(historyOf(2 ** 40, 'synced'), path);
  return unifiedDiff(path, before, await localSide(root, path, hashHere)).map(({ text }) => text);
}

it('files that are larger than memory only differ, or are equal, and are not read', async () => {
  await writeFile(join(root, 'disk.img'), '');
  await truncate(join(root, 'disk.img'), 2 ** 40);
  expect(await diff('disk.img', 'changed')).toEqual(['Binary files a/disk.img and b/disk.img differ']);
  expect(await diff('disk.img', 'synced')).toEqual([]);
});

it('a file of the largest size is read whole, and a link as its target', async () => {
  const text = 'x'.repeat(maxMergeBytes);
  await writeFile(join(root, 'largest'), text);
  await symlink('largest', join(root, 'link'));
  expect(Buffer.from((await localSide(root, 'largest', 'h')) as Uint8Array).toString() === text).toBe(true);
  expect(Buffer.from((await localSide(root, 'link', 'h')) as Uint8Array).toString()).toBe('largest');
  await writeFile(join(root, 'largest'), `${text}x`);
  expect(await localSide(root, 'largest', 'h')).toEqual({ hash: 'h' });
});

it.skipIf(process.platform === 'win32')('a pipe that has taken the place of a file is not waited for', async () => {
  execFileSync('mkfifo', [join(root, 'pipe')]);
  expect(await localSide(root, 'pipe', 'h')).toBeUndefined();
});
