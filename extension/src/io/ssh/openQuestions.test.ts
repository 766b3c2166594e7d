import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { openQuestions } from './openQuestions';

afterEach(() => vi.unstubAllEnvs());

it('leaves nothing behind where the folder for temporary files is too deep for a socket', async () => {
  const base = await mkdtemp(join(tmpdir(), 'palmtree-questions-'));
  const deep = join(base, 'd'.repeat(120));
  await mkdir(deep);
  vi.stubEnv('TMPDIR', deep);
  await expect(openQuestions('askpass.js', () => Promise.resolve(undefined))).rejects.toThrow('socket');
  expect(await readdir(deep)).toEqual([]);
  await rm(base, { recursive: true });
});
