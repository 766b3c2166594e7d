import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Entry } from '../../core/entry';
import type { Observation } from '../../core/observation';
import { sha256 } from '../fs/sha256';
import { fillFromLocal, verifyStaged } from './staging';

let base: string;
let root: string;
let staging: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'palmtree-staging-'));
  root = join(base, 'ws');
  staging = join(base, 'staging');
  await mkdir(root);
  await mkdir(staging);
});

afterEach(() => rm(base, { recursive: true, force: true }));

function file(path: string, content: string): Entry {
  const size = Buffer.byteLength(content);
  return { path, kind: 'file', size, mtimeNs: 0n, mode: 0o644, hash: sha256(content) };
}

function link(path: string, target: string): Entry {
  return { ...file(path, target), kind: 'symlink', target };
}

async function write(folder: string, path: string, content: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}

function observed(...entries: Entry[]): Map<string, Observation> {
  return new Map(entries.map((entry) => [entry.path, { ...entry, dev: 0n, ino: 0n, ctimeNs: 0n, racy: false }]));
}

describe('verifyStaged', () => {
  it('returns the paths of missing, truncated, longer and different files', async () => {
    const contents = { right: 'right', empty: '', short: 'whole', long: 'lon', other: 'this', 'deep/one': 'x' };
    const entries = Object.entries(contents).map(([path, content]) => file(path, content));
    await write(staging, 'right', 'right');
    await write(staging, 'empty', '');
    await write(staging, 'short', 'who');
    await write(staging, 'long', 'long');
    await write(staging, 'other', 'that');
    expect(await verifyStaged(staging, entries)).toEqual(['short', 'long', 'other', 'deep/one']);
  });

  it('neither follows a symlink nor accepts a folder', async () => {
    await write(base, 'outside', 'x');
    await symlink('../outside', join(staging, 'a'));
    await mkdir(join(staging, 'b'));
    expect(await verifyStaged(staging, [file('a', 'x'), file('b', '')])).toEqual(['a', 'b']);
  });

  it('needs no staged content for a symlink', async () => {
    expect(await verifyStaged(staging, [link('l', 'a')])).toEqual([]);
  });

  it('verifies a file larger than its buffer', async () => {
    const content = 'abc'.repeat(1_000_000);
    await write(staging, 'big', content);
    expect(await verifyStaged(staging, [file('big', content)])).toEqual([]);
    expect(await verifyStaged(staging, [{ ...file('big', content), hash: 'f'.repeat(64) }])).toEqual(['big']);
  });

  it('rejects a path that leads out of the staging folder', async () => {
    const checked = verifyStaged(staging, [file('../outside', 'x')]);
    await expect(checked).rejects.toMatchObject({ code: 'invalid_path' });
  });

  it('stops when it is cancelled', async () => {
    await write(staging, 'a', 'x');
    const checked = verifyStaged(staging, [file('a', 'x')], AbortSignal.abort());
    await expect(checked).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('fillFromLocal', () => {
  it('copies local files with the same content, and returns the entries without such a file', async () => {
    await write(root, 'old/name', 'content');
    const wanted = [file('new/name', 'content'), file('again', 'content'), file('new/other', 'else'), link('l', 'a')];
    const missing = await fillFromLocal(root, staging, wanted, observed(file('old/name', 'content')));
    expect(missing.map(({ path }) => path)).toEqual(['new/other']);
    expect(await readFile(join(staging, 'new/name'), 'utf8')).toBe('content');
    expect(await verifyStaged(staging, wanted)).toEqual(['new/other']);
  });

  it('stages nothing from a file that changed since the scan, and tries the next one', async () => {
    await write(root, 'a', 'changed');
    await write(root, 'b', 'content');
    const seen = observed(file('a', 'content'), file('gone', 'content'), file('b', 'content'));
    expect(await fillFromLocal(root, staging, [file('x', 'content')], seen)).toEqual([]);
    await rm(join(root, 'b'));
    expect(await fillFromLocal(root, staging, [file('y', 'content')], seen)).toHaveLength(1);
    expect(await readdir(staging)).toEqual(['x']);
  });
});
