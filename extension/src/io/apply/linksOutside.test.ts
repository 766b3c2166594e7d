import { lstatSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Change } from '../../core/change';
import type { Observation } from '../../core/observation';
import { observeFolder } from '../../../test/support/observeFolder';
import { sha256 } from '../fs/sha256';
import { applyChanges } from './applyChanges';

let base: string;
let root: string;
let observations: ReadonlyMap<string, Observation>;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'palmtree-links-'));
  root = join(base, 'ws');
  mkdirSync(root);
  mkdirSync(join(base, 'staging'));
  observations = new Map();
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function putLink(path: string, target: string): Change {
  const size = Buffer.byteLength(target);
  const to = { path, kind: 'symlink', size, mtimeNs: 1n, mode: 0o777, hash: sha256(target), target } as const;
  return { path, from: observations.get(path), to };
}

async function apply(changes: Change[]) {
  const request = { root, staging: join(base, 'staging'), backup: join(base, 'backup'), changes, observations };
  const { skipped, written } = await applyChanges(request);
  return { skipped: skipped.map(({ path, reason }) => [path, reason]), written: written.map(({ path }) => path) };
}

function exists(path: string): boolean {
  return lstatSync(join(root, path), { throwIfNoEntry: false }) !== undefined;
}

it('skips a symlink into a .git folder', async () => {
  const result = await apply([putLink('notes/hooks', '../.git/hooks'), putLink('notes/git', '../.GIT')]);
  expect(result).toEqual({
    skipped: [
      ['notes/git', 'unsafe'],
      ['notes/hooks', 'unsafe'],
    ],
    written: [],
  });
});

it('skips two symlinks that lead outside together, and puts the others', async () => {
  const result = await apply([putLink('0esc', 'a/b/c/..'), putLink('a/b/c', '../..'), putLink('good', 'a')]);
  expect(result).toEqual({
    skipped: [
      ['0esc', 'unsafe'],
      ['a/b/c', 'unsafe'],
    ],
    written: ['good'],
  });
  expect([exists('0esc'), exists('a/b/c'), exists('good')]).toEqual([false, false, true]);
});

it('skips a symlink that makes an earlier one lead outside', async () => {
  symlinkSync('a/b/c/..', join(root, '0esc'));
  observations = observeFolder(root, () => true);
  expect(await apply([putLink('a/b/c', '../..')])).toEqual({ skipped: [['a/b/c', 'unsafe']], written: [] });
  expect(exists('a/b/c')).toBe(false);
});

it('removes a symlink that leads outside through one that is not synced', async () => {
  mkdirSync(join(root, 'mine'));
  symlinkSync('../p/q', join(root, 'mine/own'));
  expect(await apply([putLink('0', 'mine/own/r/..'), putLink('p/q/r', '../..')])).toEqual({
    skipped: [['0', 'unsafe']],
    written: ['p/q/r'],
  });
  expect([exists('0'), readlinkSync(join(root, 'p/q/r'))]).toEqual([false, '../..']);
});
