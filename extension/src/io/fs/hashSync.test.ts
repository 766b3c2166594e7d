import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashFileSync, hashLinkSync } from './hashSync';
import { sha256 } from './sha256';

const buffer = new Uint8Array(1024);
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'palmtree-hash-'));
  chmodSync(folder, 0o755);
  path = join(folder, 'file');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('hashing', () => {
  it.each([0, 1, 1023, 1024, 1025, 100_000])('hashes a file of %i bytes', (size) => {
    const content = Buffer.alloc(size, 'abcdefg');
    writeFileSync(path, content);
    const hashed = hashFileSync(path, { buffer });
    expect(hashed).toMatchObject({ kind: 'file', hash: sha256(content), stats: { size: BigInt(size) } });
  });

  it('hashes the target text of a symlink, which it does not follow', () => {
    symlinkSync('nowhere/é', path);
    expect(hashLinkSync(path)).toMatchObject({ kind: 'symlink', hash: sha256('nowhere/é') });
    expect(hashFileSync(path, { buffer })).toEqual({ kind: 'changing' });
  });

  it('hashes again if the file is written during the hashing', () => {
    writeFileSync(path, 'a'.repeat(4_000));
    let writes = 0;
    const onBytes = (): void => {
      if (writes++ === 0) writeFileSync(path, 'b'.repeat(5_000));
    };
    expect(hashFileSync(path, { buffer, onBytes })).toMatchObject({ kind: 'file', hash: sha256('b'.repeat(5_000)) });
  });

  it('hashes again if another file replaces it during the hashing', () => {
    writeFileSync(path, 'a'.repeat(4_000));
    writeFileSync(join(folder, 'other'), 'b'.repeat(4_000));
    let moved = false;
    const onBytes = (): void => {
      if (!moved) renameSync(join(folder, 'other'), path);
      moved = true;
    };
    expect(hashFileSync(path, { buffer, onBytes })).toMatchObject({ kind: 'file', hash: sha256('b'.repeat(4_000)) });
  });

  it('gives up on a file that is written during each attempt', () => {
    writeFileSync(path, 'a');
    let writes = 0;
    const onBytes = (): void => writeFileSync(path, 'a'.repeat(++writes + 1));
    expect(hashFileSync(path, { buffer, onBytes })).toEqual({ kind: 'changing' });
  });

  it('reports a file that is missing from the start, or removed during the hashing', () => {
    expect(hashFileSync(path, { buffer })).toEqual({ kind: 'missing' });
    writeFileSync(path, 'a');
    expect(hashFileSync(path, { buffer, onBytes: () => unlinkSync(path) })).toEqual({ kind: 'missing' });
    expect(hashLinkSync(join(path, 'below'))).toEqual({ kind: 'missing' });
  });

  it('does not block on a pipe or a folder', () => {
    mkdirSync(path);
    expect(hashFileSync(path, { buffer }).kind).not.toBe('file');
    rmSync(path, { recursive: true });
    execFileSync('mkfifo', [path]);
    expect(hashFileSync(path, { buffer })).toEqual({ kind: 'changing' });
  });

  it('reports the error code of an unreadable file', () => {
    writeFileSync(path, 'a');
    chmodSync(path, 0);
    // The user root may read every file.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      expect(hashFileSync(path, { buffer })).toEqual({ kind: 'unreadable', errno: 'EACCES' });
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });
});
