import { lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, win32 } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { maxSegmentBytes, pathFault } from '../../../../server/src/contract/paths';
import { path as pathSchema, treeName } from '../../../../server/src/contract/schemas';
import { nameProblems } from '../../../src/core/filenames/nameProblems';
import { parentFolders } from '../../../src/core/paths';
import { checkInBatches } from '../batches';
import { newMemoryFolder } from '../memoryFolder';
import { oddName, oddPath, oddText } from './oddValues';

const root = newMemoryFolder();
/** Longer paths take too long to create and to remove, folder by folder. */
const maxCreatedBytes = 1_000;
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('property: a valid path stays in its folder on every system, is created as it is, and never reaches a git folder', async () => {
  const property = fc.property(oddPath, (path) => {
    const fault = pathFault(path);
    expect(pathSchema.safeParse(path).success).toBe(fault === undefined);
    if (fault !== undefined) return;
    expect(posix.normalize(path)).toBe(path);
    expect(win32.normalize(path).split('\\')[0]).not.toBe('..');
    expect(posix.resolve('/folder', path).startsWith('/folder/')).toBe(true);
    expect(Buffer.from(path).toString()).toBe(path);
    for (const segment of path.split('/')) {
      expect(Buffer.byteLength(segment)).toBeLessThanOrEqual(maxSegmentBytes);
      expect(mayBeGitFolder(segment)).toBe(false);
    }
    checkCreated(path);
  });
  await checkInBatches(property, { name: 'paths', share: 0.3, runs: 4_000, runsPerBatch: 2_000, maxGrowthBytes: 40e6 });
});

it('property: names that one disk cannot tell apart are problems, and a disk without rules has none', async () => {
  const rules = fc.record({ foldsCase: fc.boolean(), normalizes: fc.boolean(), windows: fc.boolean() });
  const property = fc.property(fc.array(oddName, { maxLength: 8 }), rules, (paths, disk) => {
    const valid = paths.filter((path) => pathFault(path) === undefined);
    const problems = nameProblems(valid, disk);
    if (!disk.foldsCase && !disk.normalizes && !disk.windows) expect(problems.size).toBe(0);
    const accepted = valid.filter((path) => ![path, ...parentFolders(path)].some((one) => problems.has(one)));
    const keys = new Map(accepted.map((path) => [disk.foldsCase ? path.toLowerCase() : path, path]));
    for (const path of accepted) expect(keys.get(disk.foldsCase ? path.toLowerCase() : path)).toBe(path);
  });
  await checkInBatches(property, { name: 'names', share: 0.1, runs: 2_000, runsPerBatch: 1_000, maxGrowthBytes: 40e6 });
});

it('property: the name of a tree is one segment of a URL', async () => {
  const property = fc.property(oddText, (name) => {
    if (!treeName.safeParse(name).success) return;
    expect(encodeURIComponent(name)).toBe(name);
    expect(new URL(`http://palmtree/v1/trees/${name}/files`).pathname).toBe(`/v1/trees/${name}/files`);
  });
  await checkInBatches(property, { name: 'tree names', share: 0.05, runs: 1_000, runsPerBatch: 500 });
});

/** A wider net than the path rules: nothing that resembles `.git` may be valid. */
function mayBeGitFolder(segment: string): boolean {
  const visible = segment.replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '').toLowerCase();
  const name = (visible.split(':')[0] ?? '').replace(/[ .]+$/, '');
  return name === '.git' || name === 'git~1';
}

function checkCreated(path: string): void {
  if (Buffer.byteLength(path) > maxCreatedBytes) return;
  const file = `${root}/${path}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  expect(lstatSync(file).isFile()).toBe(true);
  const found = readdirSync(root, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  expect(found.map((one) => join(one.parentPath, one.name))).toEqual([file]);
  const [first = ''] = path.split('/');
  rmSync(`${root}/${first}`, { recursive: true });
}
