import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { atAndAbove, atOrIn as areaOf } from '../../core/pathArea';
import { PalmtreeError } from '../../errors';
import { posixPath } from '../../io/fs/posixPath';
import { quotedPaths } from '../../messages/pathList';
import type { FolderSync } from '../../sync/folder/folderSync';
import { UsageError } from '../terminal/usageError';

/**
 * The paths in the folder `root` that a user has typed relative to `cwd`; `''` is the folder. They need not exist. Throws
 * not_in_folder with those that are outside.
 */
export function pathsInFolder(typed: readonly string[], cwd: string, root: string): string[] {
  const found = typed.map((text) => ({ text, path: relative(root, realPathOf(resolve(cwd, text))) }));
  const outside = found.filter(({ path }) => path === '..' || path.startsWith(`..${sep}`) || resolve(path) === path);
  if (outside.length > 0) {
    const paths = outside.map(({ text }) => text);
    throw new PalmtreeError('not_in_folder', `outside ${root}: ${paths.join(', ')}`, { details: { paths } });
  }
  return found.map(({ path }) => posixPath(path));
}

/** Those of `all` that are at or in one of `paths`. */
export function pathsAtOrIn(all: Iterable<string>, paths: readonly string[]): Set<string> {
  const area = areaOf(paths);
  const found = new Set<string>();
  for (const path of all) if (area.has(path)) found.add(path);
  return found;
}

/** Those of `paths` that have none of `all` at or in them. */
export function withoutAny(all: Iterable<string>, paths: readonly string[]): string[] {
  const empty = new Set(paths);
  for (const path of all) {
    if (empty.size === 0) break;
    for (const one of atAndAbove(path)) empty.delete(one);
  }
  return paths.filter((path) => empty.has(path));
}

/** Throws UsageError for a path that has no tracked file, no change and no rule at or in it: it may be mistyped. */
export function requireTracked(
  { trackedPaths, pathStates, rules }: Pick<FolderSync, 'trackedPaths' | 'pathStates' | 'rules'>,
  paths: readonly string[],
): void {
  const unknown = withoutAny([...trackedPaths, ...pathStates.keys(), ...rules.keys()], paths);
  if (unknown.length === 0) return;
  const fix = 'Check the path; "palmtree track" adds files that are not tracked.';
  throw new UsageError(`Nothing is tracked at ${quotedPaths(unknown.map((path) => path || '.'))}. ${fix}`);
}

/** The path with all its folders resolved, as far as they exist. A link at the path itself is not followed. */
function realPathOf(path: string): string {
  const parent = dirname(path);
  if (parent === path) return path;
  return join(realFolderPath(parent), basename(path));
}

function realFolderPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return realPathOf(path);
  }
}
