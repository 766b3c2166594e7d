import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync, writeFileSync } from 'node:fs';
import type * as promises from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The error that calls of the wrapped module throw if they write below `folder`. */
export const injected: {
  folder: string | undefined;
  errno: string | undefined;
  /** Fail only these calls. */
  calls: readonly string[] | undefined;
} = { folder: undefined, errno: undefined, calls: undefined };

type Call = (...args: unknown[]) => Promise<unknown>;

/** Wraps node:fs/promises. A failing write leaves an empty file, as a full disk does; other calls change nothing. */
export function failing<M extends typeof promises>(module: M): M {
  const isAffected = (name: string, path: unknown): boolean => {
    const { folder, errno, calls } = injected;
    if (folder === undefined || errno === undefined || !String(path).startsWith(folder)) return false;
    return calls?.includes(name) ?? (errno !== 'ENOSPC' || name === 'writeFile');
  };
  const wrapped = { ...module } as unknown as Record<string, Call>;
  const fail = (): Promise<never> =>
    Promise.reject(Object.assign(new Error(`${injected.errno}: injected`), { errno: -1, code: injected.errno }));
  for (const name of ['link', 'rename', 'mkdir', 'rm', 'utimes']) {
    const call = wrapped[name] as Call;
    wrapped[name] = (...args) => (isAffected(name, args[0]) ? fail() : call(...args));
  }
  const writeFile = wrapped['writeFile'] as Call;
  wrapped['writeFile'] = async (path, content, ...rest) => {
    if (!isAffected('writeFile', path)) return writeFile(path, content, ...rest);
    if (injected.errno === 'ENOSPC') await writeFile(path, '', ...rest);
    return fail();
  };
  return { ...wrapped, default: wrapped } as unknown as M;
}

/** A disk that can be full or read-only: a tmpfs, or injected errors where this process may not mount one. */
export interface SmallDisk {
  readonly path: string;
  fill(): void;
  free(): void;
  setReadOnly(isReadOnly: boolean): void;
  remove(): void;
}

const canMount = isMountAllowed();

/** The kind of the disk, for test titles. */
export const diskKind = canMount ? 'a tmpfs' : 'injected errors';

export function smallDisk(): SmallDisk {
  return canMount ? mountedDisk('256k') : injecting(newBase());
}

function newBase(): string {
  return mkdtempSync(join(tmpdir(), 'palmtree-small-disk-'));
}

/** A tmpfs of `size`, such as `8m`. Only where `diskKind` is `a tmpfs`. */
export function mountedDisk(size: string): SmallDisk {
  const base = newBase();
  const mount = (options: string): unknown => execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', base]);
  mount(`size=${size}`);
  const filler = join(base, 'filler');
  return {
    path: base,
    fill: () => fillFile(filler),
    free: () => rmSync(filler, { force: true }),
    setReadOnly: (isReadOnly) => mount(`remount,${isReadOnly ? 'ro' : 'rw'}`),
    remove: () => {
      execFileSync('umount', ['-l', base]);
      rmSync(base, { recursive: true });
    },
  };
}

function fillFile(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (;;) writeSync(file, Buffer.alloc(4096));
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
}

function injecting(base: string): SmallDisk {
  const set = (errno: string | undefined): void => {
    injected.folder = base;
    injected.errno = errno;
  };
  return {
    path: base,
    fill: () => set('ENOSPC'),
    free: () => set(undefined),
    setReadOnly: (isReadOnly) => set(isReadOnly ? 'EROFS' : undefined),
    remove: () => {
      set(undefined);
      rmSync(base, { recursive: true, force: true });
    },
  };
}

export function isMountAllowed(): boolean {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return false;
  const probe = mkdtempSync(join(tmpdir(), 'palmtree-mount-'));
  try {
    mkdirSync(join(probe, 'disk'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', join(probe, 'disk')], { stdio: 'ignore' });
    writeFileSync(join(probe, 'disk', 'probe'), '');
    execFileSync('umount', [join(probe, 'disk')], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}
