import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Entry } from '../../core/entry';
import type { Observation } from '../../core/observation';
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
  const hash = createHash('sha256').update(content).digest('hex');
  return { path, kind: 'file', size: Buffer.byteLength(content), mtimeNs: 0n, mode: 0o644, hash };
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
  it('names what is missing, cut short, longer, or other', async () => {
    const contents = { right: 'right', empty: '', short: 'whole', long: 'lon', other: 'this', 'deep/one': 'x' };
    const entries = Object.entries(contents).map(([path, content]) => file(path, content));
    await write(staging, 'right', 'right');
    await write(staging, 'empty', '');
    await write(staging, 'short', 'who');
    await write(staging, 'long', 'long');
    await write(staging, 'other', 'that');
    expect(await verifyStaged(staging, entries)).toEqual(['short', 'long', 'other', 'deep/one']);
  });

  it('follows no symlink and takes no folder for a file', async () => {
    await write(base, 'outside', 'x');
    await symlink('../outside', join(staging, 'a'));
    await mkdir(join(staging, 'b'));
    expect(await verifyStaged(staging, [file('a', 'x'), file('b', '')])).toEqual(['a', 'b']);
  });

  it('asks for no content of symlinks', async () => {
    expect(await verifyStaged(staging, [link('l', 'a')])).toEqual([]);
  });

  it('checks a file longer than its buffer', async () => {
    const content = 'abc'.repeat(1_000_000);
    await write(staging, 'big', content);
    expect(await verifyStaged(staging, [file('big', content)])).toEqual([]);
    expect(await verifyStaged(staging, [{ ...file('big', content), hash: 'f'.repeat(64) }])).toEqual(['big']);
  });

  it('refuses a path that leads out of the staging folder', async () => {
    const checked = verifyStaged(staging, [file('../outside', 'x')]);
    await expect(checked).rejects.toMatchObject({ code: 'invalid_path' });
  });

  it('stops when its signal says so', async () => {
    await write(staging, 'a', 'x');
    const checked = verifyStaged(staging, [file('a', 'x')], AbortSignal.abort());
    await expect(checked).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('fillFromLocal', () => {
  it('copies what stands here under another name, and answers the rest', async () => {
    await write(root, 'old/name', 'content');
    const wanted = [file('new/name', 'content'), file('again', 'content'), file('new/other', 'else'), link('l', 'a')];
    const missing = await fillFromLocal(root, staging, wanted, observed(file('old/name', 'content')));
    expect(missing.map(({ path }) => path)).toEqual(['new/other']);
    expect(await readFile(join(staging, 'new/name'), 'utf8')).toBe('content');
    expect(await verifyStaged(staging, wanted)).toEqual(['new/other']);
  });

  it('leaves nothing staged of a file that changed since it was scanned, and tries the next', async () => {
    await write(root, 'a', 'changed');
    await write(root, 'b', 'content');
    const seen = observed(file('a', 'content'), file('gone', 'content'), file('b', 'content'));
    expect(await fillFromLocal(root, staging, [file('x', 'content')], seen)).toEqual([]);
    await rm(join(root, 'b'));
    expect(await fillFromLocal(root, staging, [file('y', 'content')], seen)).toHaveLength(1);
    expect(await readdir(staging)).toEqual(['x']);
  });
});
