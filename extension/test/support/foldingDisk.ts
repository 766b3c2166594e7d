import type * as files from 'node:fs';
import { dirname, join, parse, sep } from 'node:path';

/** A folder that takes names as a case-insensitive disk does, for code that reaches it through the wrapped modules. */
export interface FoldingDisk {
  root: string | undefined;
  /** Whether a rename to another spelling changes the spelling; Linux takes it for none. */
  respells: boolean;
  /** What was done to names, in order, by name alone. */
  readonly log: string[];
}

export const disk: FoldingDisk = { root: undefined, respells: true, log: [] };

type Call = (...args: unknown[]) => unknown;
type Listing = (folder: string) => string[];

/** Functions whose first argument is a path. */
const onePath = ['lstat', 'stat', 'readdir', 'rmdir', 'mkdir', 'open', 'readFile', 'writeFile', 'chmod', 'readlink']
  .concat(['rm', 'unlink', 'opendir', 'lutimes', 'realpath'])
  .flatMap((name) => [name, `${name}Sync`])
  .concat('existsSync');
const twoPaths = ['link', 'copyFile', 'rename'].flatMap((name) => [name, `${name}Sync`]);

/** `module`, node:fs or its promises, with each path in `disk.root` led to the entry that it folds to. */
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
          call(resolved(path, list), ...rest),
    );
  for (const name of ['symlink', 'symlinkSync']) {
    wrap(
      name,
      (call) =>
        (target, path, ...rest) =>
          call(target, resolved(path, list), ...rest),
    );
  }
  for (const name of twoPaths) {
    wrap(name, (call) => (from, to, ...rest) => {
      const [source, target] = [resolved(from, list), resolved(to, list)];
      const isRespelling = name.startsWith('rename') && source === target && source !== to;
      if (!isRespelling) return call(source, target, ...rest);
      disk.log.push(`rename ${name.endsWith('Sync') ? '' : 'later '}${shown(source)} ${shown(to)}`);
      return disk.respells ? call(source, join(dirname(String(target)), parse(String(to)).base)) : undefined;
    });
  }
  for (const name of ['unlinkSync', 'rmdirSync']) {
    wrap(name, (call) => (path, ...rest) => {
      const result = call(path, ...rest);
      disk.log.push(`${name === 'unlinkSync' ? 'unlink' : 'rmdir'} ${shown(path)}`);
      return result;
    });
  }
  return { ...wrapped, default: wrapped } as unknown as M;
}

function shown(path: unknown): string {
  return String(path).slice((disk.root ?? '').length + 1);
}

function resolved(path: unknown, list: Listing): unknown {
  const { root } = disk;
  if (typeof path !== 'string' || root === undefined || !path.startsWith(root + sep)) return path;
  let at = root;
  for (const name of path.slice(root.length + 1).split(sep)) {
    const names = list(at);
    const other = names.includes(name) ? name : names.find((one) => folded(one) === folded(name));
    at = join(at, other ?? name);
  }
  return at;
}

function folded(name: string): string {
  return name.normalize('NFD').toLowerCase();
}
