import type * as files from 'node:fs';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { checkDataFolder } from './checkDataFolder';

/** Replaces the stats of paths that end so. */
const replaced = vi.hoisted(() => new Map<string, object>());
vi.mock('node:fs', async (original) => {
  const real = await original<typeof files>();
  const statSync = (path: string, options?: files.StatSyncOptions) => {
    const found = [...replaced].find(([ending]) => path.includes(ending));
    return found === undefined ? real.statSync(path, options) : found[1];
  };
  return { ...real, statSync };
});

let data: string;
beforeEach(() => (data = mkdtempSync(join(tmpdir(), 'palmtree-data-'))));
afterEach(() => {
  replaced.clear();
  rmSync(data, { recursive: true });
});

test('a new data folder, and one with links to folders on its disk, is accepted and left as it is', () => {
  checkDataFolder(data);
  for (const name of ['elsewhere', 'sessions']) mkdirSync(join(data, name));
  symlinkSync('elsewhere', join(data, 'objects'));
  checkDataFolder(data);
  expect(readdirSync(data).sort()).toEqual(['elsewhere', 'objects', 'sessions']);
});

test('objects on another disk than the sessions are refused', () => {
  replaced.set('objects', { dev: 1 });
  replaced.set('sessions', { dev: 2 });
  expect(() => checkDataFolder(data)).toThrow('put both on one disk');
});

test('a disk without permission bits is refused', () => {
  replaced.set('mode-', { mode: 0o100777 });
  expect(() => checkDataFolder(data)).toThrow('keeps no permission bits');
  expect(readdirSync(data)).toEqual([]);
});
