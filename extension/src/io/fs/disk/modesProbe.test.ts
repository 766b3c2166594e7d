import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type * as files from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { modesProbe } from './modesProbe';

/** A disk of type `type` that stores the mode that `store` returns, and on which no file can be created if `readOnly`. */
const disk = vi.hoisted(() => ({ type: 0xef53, dev: 1n, store: (mode: number) => mode, readOnly: false, chmods: 0 }));
vi.mock('node:fs', async (original) => {
  const real = await original<typeof files>();
  return {
    ...real,
    statfsSync: () => ({ type: disk.type }),
    statSync: (path: string, options?: { bigint: true }) =>
      options === undefined ? real.statSync(path) : { dev: disk.dev },
    chmodSync: (path: string, mode: number) => {
      disk.chmods++;
      real.chmodSync(path, disk.store(mode));
    },
    openSync: (...args: Parameters<typeof real.openSync>) => {
      if (disk.readOnly) throw Object.assign(new Error('EROFS'), { errno: -30, code: 'EROFS' });
      return real.openSync(...args);
    },
  };
});

let root: string;
const fuse = 0x65735546;
const exfat = 0x2011bab0;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'palmtree-modes-'));
  Object.assign(disk, { type: fuse, dev: 1n, store: (mode: number) => mode, readOnly: false, chmods: 0 });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const refuses = (): number => {
  throw Object.assign(new Error('EPERM'), { errno: -1, code: 'EPERM' });
};

describe('a disk', () => {
  it.each([
    ['gives all files the mode 0777', () => 0o777],
    ['gives all files the mode 0600', () => 0o600],
    ['has a read-only flag in place of modes', (mode: number) => (mode & 0o200 ? 0o755 : 0o555)],
    ['refuses other modes', refuses],
  ])('keeps no modes if it %s', (_, store) => {
    disk.store = store;
    expect(modesProbe(root, 'linux')()).toBe(false);
    expect(readdirSync(root)).toEqual([]);
  });

  it('keeps modes if a file has the modes that were set', () => {
    expect([modesProbe(root, 'linux')(), modesProbe(root, 'darwin')()]).toEqual([true, true]);
    expect(readdirSync(root)).toEqual([]);
  });

  it('is not written to if its type is known to keep modes, and is probed once if not', () => {
    disk.type = 0xef53;
    modesProbe(root, 'linux')();
    expect(disk.chmods).toBe(0);
    disk.type = fuse;
    const probe = modesProbe(root, 'linux');
    for (let times = 0; times < 3; times++) probe();
    expect(disk.chmods).toBe(2);
  });

  it('is judged by its type as long as it is read-only', () => {
    disk.readOnly = true;
    const probe = modesProbe(root, 'linux');
    expect(probe()).toBe(true);
    disk.type = exfat;
    expect(probe()).toBe(false);
    Object.assign(disk, { readOnly: false });
    expect(probe()).toBe(true);
  });

  it('is probed again if another one is mounted in its place', () => {
    const probe = modesProbe(root, 'linux');
    expect(probe()).toBe(true);
    Object.assign(disk, { dev: 2n, store: () => 0o777 });
    expect(probe()).toBe(false);
  });

  it('of Windows keeps no modes', () => {
    expect(modesProbe(root, 'win32')()).toBe(false);
  });
});
