import { execFileSync } from 'node:child_process';
import type * as files from 'node:fs';
import type * as promises from 'node:fs/promises';
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { isMountAllowed } from './smallDisk';

/** The device number of each folder at which a pretended disk is mounted, for code that uses the wrapped module. */
const pretended = new Map<string, number>();
const firstDevice = 900_000;
let disks = 0;

type Call = (...args: unknown[]) => unknown;

/** Wraps node:fs so that everything in a folder of `pretended` has its device number. */
export function pretendingDevices<M extends typeof files>(module: M): M {
  const wrapped = { ...module } as unknown as Record<string, Call>;
  const pathsOfFiles = new Map<unknown, unknown>();
  for (const name of ['lstatSync', 'statSync']) {
    const call = wrapped[name] as Call;
    wrapped[name] = (path, ...rest) => withDevice(call(path, ...rest), path);
  }
  const [openSync, fstatSync] = [wrapped['openSync'], wrapped['fstatSync']] as [Call, Call];
  wrapped['openSync'] = (path, ...rest) => {
    const file = openSync(path, ...rest);
    pathsOfFiles.set(file, path);
    return file;
  };
  wrapped['fstatSync'] = (file, ...rest) => withDevice(fstatSync(file, ...rest), pathsOfFiles.get(file) ?? '');
  return { ...wrapped, default: wrapped } as unknown as M;
}

/** Like `pretendingDevices`, for node:fs/promises. */
export function pretendingDevicesLater<M extends typeof promises>(module: M): M {
  const wrapped = { ...module } as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  for (const name of ['lstat', 'stat'] as const) {
    const call = module[name] as (...args: unknown[]) => Promise<unknown>;
    wrapped[name] = async (path, ...rest) => withDevice(await call(path, ...rest), path);
  }
  wrapped['open'] = async (path, ...rest) => {
    const file = await (module.open as (...args: unknown[]) => Promise<promises.FileHandle>)(path, ...rest);
    const stat = file.stat.bind(file) as (...args: unknown[]) => Promise<unknown>;
    return Object.assign(file, { stat: async (...args: unknown[]) => withDevice(await stat(...args), path) });
  };
  return { ...wrapped, default: wrapped } as unknown as M;
}

function withDevice(stats: unknown, path: unknown): unknown {
  const device = deviceOf(String(path));
  if (device === undefined || typeof stats !== 'object' || stats === null || !('dev' in stats)) return stats;
  return Object.defineProperty(stats, 'dev', { value: typeof stats.dev === 'bigint' ? BigInt(device) : device });
}

function deviceOf(path: string): number | undefined {
  const mounts = [...pretended.keys()].filter((folder) => path === folder || path.startsWith(folder + sep));
  return pretended.get(mounts.sort((a, b) => b.length - a.length)[0] ?? '');
}

/** A disk with files that are on no other one. It can be mounted at one folder at a time. */
export interface Disk {
  /** The folder with its files while it is not mounted. */
  readonly path: string;
  /** Mounts it over the existing folder. */
  mount(folder: string): void;
  unmount(): void;
  /** Gives it another device number, as a reboot may, while it is not mounted. */
  renumber(): void;
  remove(): void;
}

export const canMount = isMountAllowed();

/** For test titles. */
export const mountKind = canMount ? 'a mount' : 'pretended device numbers';

export function newDisk(): Disk {
  const base = mkdtempSync(join(tmpdir(), 'palmtree-disk-'));
  return canMount ? tmpfs(base) : pretending(base);
}

function tmpfs(base: string): Disk {
  const run = (...args: [string, ...string[]]): unknown => execFileSync(args[0], args.slice(1));
  let path = join(base, '0');
  let at: string | undefined;
  const create = (folder: string): void => {
    mkdirSync(folder);
    run('mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder);
  };
  create(path);
  const disk = {
    get path() {
      return path;
    },
    mount: (folder: string) => {
      run('mount', '--bind', path, folder);
      at = folder;
    },
    unmount: () => {
      if (at !== undefined) run('umount', at);
      at = undefined;
    },
    renumber: () => {
      const former = path;
      path = `${former}0`;
      create(path);
      run('cp', '-a', `${former}/.`, path);
      run('umount', former);
    },
    remove: () => {
      disk.unmount();
      run('umount', path);
      rmSync(base, { recursive: true });
    },
  };
  return disk;
}

function pretending(base: string): Disk {
  const [path, hollow] = [join(base, 'disk'), join(base, 'hollow')];
  let device = firstDevice + disks++;
  let at: string | undefined;
  mkdirSync(path);
  const disk = {
    path,
    mount: (folder: string) => {
      renameSync(folder, hollow);
      renameSync(path, folder);
      pretended.set(folder, device);
      at = folder;
    },
    unmount: () => {
      if (at === undefined) return;
      pretended.delete(at);
      renameSync(at, path);
      renameSync(hollow, at);
      at = undefined;
    },
    renumber: () => void (device = firstDevice + disks++),
    remove: () => {
      disk.unmount();
      rmSync(base, { recursive: true, force: true });
    },
  };
  return disk;
}
