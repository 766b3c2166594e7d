import { mkdir, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { StagingWatch } from './stagingWatch';

const sizes = new Map([
  ['a', 1_000],
  ['n/b', 2_000],
]);

let staging: string;
let watch: StagingWatch | undefined;

beforeEach(async () => {
  staging = await mkdtemp(join(tmpdir(), 'palmtree-staging-'));
  await mkdir(join(staging, 'n'));
});
afterEach(async () => {
  watch?.stop();
  await rm(staging, { recursive: true });
});

async function write(path: string, size: number): Promise<void> {
  await writeFile(join(staging, path), '');
  await truncate(join(staging, path), size);
}

it.each<[string, () => Promise<void>, object]>([
  ['a file that was not requested', () => write('n/c', 1), { kind: 'undeclared', path: 'n/c' }],
  ['a file that is larger than declared', () => write('n/b', 2_001), { kind: 'tooLarge', path: 'n/b', limit: 2_000 }],
  ['a temporary file without end', () => write('.a.aB3xYz', 30e6), { kind: 'tooMuch' }],
  [
    'more temporary files than rsync has',
    async () => {
      for (let number = 100_000; number < 100_065; number++) await write(`.a.${number}`, 1);
    },
    { kind: 'undeclared' },
  ],
])('finds %s', async (_, attack, excess) => {
  watch = await StagingWatch.start({ staging, sizes });
  await attack();
  await expect.poll(() => watch?.found.aborted, { timeout: 20_000 }).toBe(true);
  expect(watch.excess).toMatchObject(excess);
});

it('lets rsync write and rename what was requested, also over what a larger version has left', async () => {
  await write('n/b', 5_000_000);
  await write('n/copied', 1);
  watch = await StagingWatch.start({ staging, sizes });
  await write('.a.aB3xYz', 1_000);
  await rename(join(staging, '.a.aB3xYz'), join(staging, 'a'));
  await write('n/.b.aB3xYz', 2_000);
  await rename(join(staging, 'n/.b.aB3xYz'), join(staging, 'n/b'));
  // An undeclared file shows that the others have been looked at, too.
  await write('c', 1);
  await expect.poll(() => watch?.found.aborted, { timeout: 20_000 }).toBe(true);
  expect(watch.excess).toEqual({ kind: 'undeclared', path: 'c' });
});
