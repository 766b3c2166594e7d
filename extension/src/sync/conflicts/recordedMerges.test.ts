import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { copiesInUse, mergesFile, recordedMerge } from './recordedMerges';

let folder: string;

beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'palmtree-merges-'))));
afterEach(() => rm(folder, { recursive: true }));

const merge = { server: 's', tree: 't', path: 'n/a', revision: 1, theirs: 'h', ancestor: null, mineCopy: '/b/n/a' };

it('keeps the other merges, and every copy that one needs, beside one that is not valid', async () => {
  const merges = join(folder, 'merges.json');
  const later = { ...merge, path: 'n/b', theirs: { hash: 'h' }, mineCopy: '/b/n/b' };
  await writeFile(merges, JSON.stringify([later, null, merge]));
  expect(await mergesFile({ merges }, recordedMerge).read()).toEqual([merge]);
  expect(await copiesInUse({ merges })).toEqual(['/b/n/b', '/b/n/a']);
});

it('has none where the file is damaged or missing', async () => {
  const merges = join(folder, 'merges.json');
  expect(await copiesInUse({ merges })).toEqual([]);
  await writeFile(merges, '{');
  expect(await copiesInUse({ merges })).toEqual([]);
});
