import type * as files from 'node:fs';
import { dirname, join, parse, sep } from 'node:path';

/** A folder that folds names as a case-insensitive disk does, for code that uses the wrapped modules. */
export interface FoldingDisk {
  root: string | undefined;
  /** Whether a rename changes the case of a name. Linux ignores such renames. */
  renamesCase: boolean;
  /** Renames and deletions in order, with paths relative to `root`. */
  readonly log: string[];
}

export const disk: FoldingDisk = { root: undefined, renamesCase: true, log: [] };

type Call = (...args: unknown[]) => unknown;
type Listing = (folder: string) => string[];

/** Names of functions whose first argument is a path. */
const onePath = ['lstat', 'stat', 'readdir', 'rmdir', 'mkdir', 'open', 'readFile', 'writeFile', 'chmod', 'readlink']
  .concat(['rm', 'unlink', 'opendir', 'lutimes', 'realpath'])
  .flatMap((name) => [name, `${name}Sync`])
  .concat('existsSync');
const twoPaths = ['link', 'copyFile', 'rename'].flatMap((name) => [name, `${name}Sync`]);

/** Wraps node:fs or node:fs/promises so that each path in `disk.root` is resolved to the entry that it folds to. */
export function folding<M extends object>(module: M, real: typeof files): M {
  const wrapped = { ...module } as Record<string, unknown>;
  const list: Listing = (folder) => {
    try {
      return real.readdirSync(folder);
    } catch {
      return [];
    }
  };
  const wrap = (name: string, replace: (call: Call) => Call): void => {
    const call = wrapped[name];
    if (typeof call === 'function') wrapped[name] = Object.assign(replace(call as Call), call);
  };
  for (const name of onePath)
    wrap(
      name,
      (call) =>
        (path, ...rest) =>
          call(resolve(path, list), ...rest),
    );
  for (const name of ['symlink', 'symlinkSync']) {
    wrap(
      name,
      (call) =>
        (target, path, ...rest) =>
          call(target, resolve(path, list), ...rest),
    );
  }
  for (const name of twoPaths) {
    wrap(name, (call) => (from, to, ...rest) => {
      const [source, target] = [resolve(from, list), resolve(to, list)];
      const isCaseRename = name.startsWith('rename') && source === target && source !== to;
      if (!isCaseRename) return call(source, target, ...rest);
      disk.log.push(`rename ${name.endsWith('Sync') ? '' : 'later '}${relativePath(source)} ${relativePath(to)}`);
      return disk.renamesCase ? call(source, join(dirname(String(target)), parse(String(to)).base)) : undefined;
    });
  }
  for (const name of ['unlinkSync', 'rmdirSync']) {
    wrap(name, (call) => (path, ...rest) => {
      const result = call(path, ...rest);
      disk.log.push(`${name === 'unlinkSync' ? 'unlink' : 'rmdir'} ${relativePath(path)}`);
      return result;
    });
  }
  return { ...wrapped, default: wrapped } as unknown as M;
}

function relativePath(path: unknown): string {
  return String(path).slice((disk.root ?? '').length + 1);
}

function resolve(path: unknown, list: Listing): unknown {
  const { root } = disk;
  if (typeof path !== 'string' || root === undefined || !path.startsWith(root + sep)) return path;
  let folder = root;
  for (const name of path.slice(root.length + 1).split(sep)) {
    const names = list(folder);
    const existing = names.includes(name) ? name : names.find((other) => foldName(other) === foldName(name));
    folder = join(folder, existing ?? name);
  }
  return folder;
}

function foldName(name: string): string {
  return name.normalize('NFD').toLowerCase();
}
