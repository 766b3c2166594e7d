import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type * as promises from 'node:fs/promises';
import { chmod, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { diskKind, injected, smallDisk, type SmallDisk } from '../../../test/support/disks/smallDisk';
import { startTimeOf } from '../fs/processes';
import { ProcessLock } from './processLock';
import { SqlStore } from './store';
import type { StoreThread } from './storeThread';

vi.mock('node:fs/promises', async (original) => {
  const { failing } = await import('../../../test/support/disks/smallDisk');
  return failing(await original<typeof promises>());
});

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palmtree-lock-'));
  path = join(folder, 'palmtree.lock');
});

afterEach(async () => {
  Object.assign(injected, { errno: undefined, calls: undefined });
  await rm(folder, { recursive: true, force: true });
});

const limits = { waitMs: 1_000, emptyMs: 50, untouchedMs: 50 };

describe(`a lock on ${diskKind}`, () => {
  let disk: SmallDisk;
  let store: SqlStore;

  beforeEach(() => {
    disk = smallDisk();
    store = storeIn(disk.path);
  });

  afterEach(() => disk.remove());

  it('reports a full disk each time, leaves no file there, and works again when there is space', async () => {
    disk.fill();
    for (let i = 0; i < 20; i++) await expect(work(store)).rejects.toMatchObject({ code: 'disk_full' });
    expect(await locksIn(disk.path)).toEqual([]);
    disk.free();
    expect(await work(store)).toBe('done');
    expect(await locksIn(disk.path)).toEqual([]);
  });

  it('reports a read-only disk, and works again when it is writable', async () => {
    disk.setReadOnly(true);
    await expect(work(store)).rejects.toMatchObject({ code: 'read_only', details: { subject: disk.path } });
    disk.setReadOnly(false);
    expect(await work(store)).toBe('done');
  });

  it('keeps the result of work in which the disk became read-only, and can be taken again afterwards', async () => {
    const result = await store.exclusively(() => {
      disk.setReadOnly(true);
      return Promise.resolve('done');
    });
    expect(result).toBe('done');
    expect(await locksIn(disk.path)).toEqual(['palmtree.lock']);
    disk.setReadOnly(false);
    expect(await work(store)).toBe('done');
    expect(await locksIn(disk.path)).toEqual([]);
  });
});

describe('a lock that cannot be written, by injected errors', () => {
  it.each([
    ['EDQUOT', 'disk_full'],
    ['ENOSPC', 'disk_full'],
    ['EROFS', 'read_only'],
    ['EACCES', 'read_only'],
    ['EPERM', 'read_only'],
    ['EIO', 'store_failed'],
  ])('reports %s as %s, and works afterwards', async (errno, code) => {
    const store = storeIn(folder);
    Object.assign(injected, { folder, errno });
    await expect(work(store)).rejects.toMatchObject({ code, message: expect.stringContaining(errno) });
    injected.errno = undefined;
    expect(await work(store)).toBe('done');
    expect(await readdir(folder)).toEqual([]);
  });

  it('reports a folder without permission', async () => {
    const isRoot = process.geteuid?.() === 0;
    await chmod(folder, 0o555);
    // The user root may write everywhere.
    if (isRoot) process.seteuid?.(65_534);
    try {
      await expect(work(storeIn(folder))).rejects.toMatchObject({ code: 'read_only' });
    } finally {
      if (isRoot) process.seteuid?.(0);
      await chmod(folder, 0o755);
    }
  });

  it('is not left behind by a process that could not take over a stale one', async () => {
    await writeFile(path, '');
    const store = storeIn(folder);
    Object.assign(injected, { folder, errno: 'EIO', calls: ['rename', 'rm'] });
    await expect(work(store)).rejects.toMatchObject({ code: 'store_failed' });
    Object.assign(injected, { errno: undefined, calls: undefined });
    expect(await work(store)).toBe('done');
  });

  it('reports a folder that is a file', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(work(storeIn(file))).rejects.toMatchObject({ code: 'store_failed' });
  });
});

describe('a folder that was deleted while it was in use', () => {
  it('is created again', async () => {
    const store = storeIn(join(folder, 'deep', 'storage'));
    expect(await work(store)).toBe('done');
    await rm(join(folder, 'deep'), { recursive: true });
    expect(await work(store)).toBe('done');
  });
});

describe('a disk without hard links, by an injected error', () => {
  beforeEach(() => Object.assign(injected, { folder, errno: 'ENOTSUP', calls: ['link'] }));

  it('lets one process at a time work', async () => {
    let running = 0;
    const count = async (): Promise<void> => {
      expect(++running).toBe(1);
      await readFile(path, 'utf8');
      running--;
    };
    const stores = [1, 2, 3].map(() => storeIn(folder, 20_000));
    await Promise.all([...stores, ...stores].map((store) => store.exclusively(count)));
    expect(await readdir(folder)).toEqual([]);
  });

  it('passes the lock of a process that was killed while it wrote it', async () => {
    await writeFile(path, '');
    expect(await work(storeIn(folder))).toBe('done');
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a stale lock', () => {
  it.each([
    ['an empty file, as an older version left it on a full disk', ''],
    ['half of an owner', '{"pid":1,"host":"x'],
    ['zeros, as a power loss leaves them', '\0\0\0\0'],
    ['an owner whose id is a path', JSON.stringify({ pid: 1, host: 'x', id: '../../x' })],
  ])('is replaced soon if it is %s', async (_, content) => {
    await writeFile(path, content);
    expect(await work(storeIn(folder))).toBe('done');
    expect(await readdir(folder)).toEqual([]);
  });

  it('is replaced although an older version left empty claims on it', async () => {
    for (let claims = 0; claims <= 20; claims++) await writeFile(`${path}${'.empty'.repeat(claims)}`, '');
    const lock = new ProcessLock(path, limits);
    const release = await lock.acquire();
    await lock.removeLeftovers();
    expect(await readdir(folder)).toEqual(['palmtree.lock']);
    await release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is replaced although the processes that claimed it are dead, each with a claim on the other', async () => {
    await writeFile(path, owner({ id: 'a' }));
    await writeFile(`${path}.a`, owner({ id: 'b' }));
    await writeFile(`${path}.b`, '');
    expect(await work(storeIn(folder))).toBe('done');
    expect(await readdir(folder)).toEqual([]);
  });

  it('is replaced although a claim on it is a copy of it', async () => {
    await writeFile(path, owner({ id: 'a' }));
    await writeFile(`${path}.a`, owner({ id: 'a' }));
    expect(await work(storeIn(folder))).toBe('done');
  });

  it('is left to a live process that has claimed it', async () => {
    await writeFile(path, owner({ id: 'a' }));
    await writeFile(`${path}.a`, owner({ id: 'b', pid: process.pid, start: startTimeOf(process.pid) }));
    await expect(work(storeIn(folder, 50))).rejects.toMatchObject({ code: 'store_locked' });
    await rm(`${path}.a`);
    expect(await work(storeIn(folder))).toBe('done');
  });

  it('is that of a process whose id was reused', async () => {
    await writeFile(path, owner({ id: 'a', pid: process.pid, start: startTimeOf(process.pid) && '1' }));
    expect(await work(storeIn(folder))).toBe('done');
  });

  it('is that of another machine with the same name, once it is no longer touched', async () => {
    await writeFile(path, owner({ id: 'a', pid: process.pid, namespace: 'another boot' }));
    await expect(new ProcessLock(path, { waitMs: 30 }).acquire()).rejects.toMatchObject({ code: 'store_locked' });
    expect(await work(storeIn(folder))).toBe('done');
  });

  it('is that of another machine whose clock is ahead, once it is no longer touched', async () => {
    await writeFile(path, owner({ id: 'a', host: 'elsewhere.invalid' }));
    const tomorrow = new Date(Date.now() + 86_400_000);
    await utimes(path, tomorrow, tomorrow);
    expect(await work(storeIn(folder))).toBe('done');
  });

  it('is not that of another machine that goes on touching it', async () => {
    await writeFile(path, owner({ id: 'a', host: 'elsewhere.invalid' }));
    let touches = 0;
    const timer = setInterval(() => void utimes(path, 1_700_000_000, Date.now() / 1_000 - ++touches), 5);
    try {
      const lock = new ProcessLock(path, { waitMs: 400, untouchedMs: 200 });
      await expect(lock.acquire()).rejects.toMatchObject({ code: 'store_locked' });
    } finally {
      clearInterval(timer);
    }
    expect(touches).toBeGreaterThan(1);
  });

  it('goes to one at a time if many find it', async () => {
    const held: string[] = [];
    let running = 0;
    for (let round = 0; round < 4; round++) {
      await writeFile(path, round % 2 === 0 ? owner({ id: randomUUID() }) : '');
      const take = async (name: string): Promise<void> => {
        const release = await new ProcessLock(path, { ...limits, waitMs: 20_000 }).acquire();
        expect(++running).toBe(1);
        held.push(name);
        await readFile(path, 'utf8');
        running--;
        await release();
      };
      await Promise.all(['a', 'b', 'c', 'd', 'e'].map(take));
    }
    expect(held).toHaveLength(20);
    expect(await readdir(folder)).toEqual([]);
  });

  /** The content of a lock file, by default of a process that has ended. */
  function owner(fields: object): string {
    const { pid } = spawnSync(process.execPath, ['--version']);
    return JSON.stringify({ pid, host: hostname(), id: 'x', start: '1', ...fields });
  }
});

function storeIn(parent: string, waitMs = 1_000): SqlStore {
  const lock = new ProcessLock(join(parent, 'palmtree.lock'), { ...limits, waitMs });
  return new SqlStore(parent, undefined as unknown as StoreThread, lock);
}

function work(store: SqlStore): Promise<string> {
  return store.exclusively(() => Promise.resolve('done'));
}

async function locksIn(parent: string): Promise<string[]> {
  return (await readdir(parent)).filter((name) => name.startsWith('palmtree.lock'));
}
