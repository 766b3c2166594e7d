import { realpathSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { parentOf } from '../../core/paths';

/**
 * Whether the target of a symlink at `path` stays inside `realRoot`, both by its text and through other symlinks on the
 * way. The target need not exist. `realRoot` must be a path without symlinks.
 */
export function pointsInside(realRoot: string, path: string, target: string): boolean {
  if (isAbsolute(target) || /^[a-z]:/i.test(target)) return false;
  const folder = parentOf(path) ?? '';
  return staysInsideByText(folder, target) && staysInsideThroughLinks(realRoot, join(realRoot, folder), target);
}

/** Invariant: a target that leaves and re-enters is outside: on other machines the workspace folder has another name. */
function staysInsideByText(folder: string, target: string): boolean {
  let depth = folder === '' ? 0 : folder.split('/').length;
  for (const segment of target.split('/')) {
    if (segment === '..') depth--;
    else if (segment !== '' && segment !== '.') depth++;
    if (depth < 0) return false;
  }
  return true;
}

function staysInsideThroughLinks(realRoot: string, folder: string, target: string): boolean {
  let current = folder;
  for (const segment of target.split('/')) {
    if (segment === '' || segment === '.') continue;
    current = segment === '..' ? resolve(current, '..') : resolveLinks(join(current, segment));
    if (!isInside(realRoot, current)) return false;
  }
  return true;
}

/** The real path; `path` itself if it cannot be resolved, because it does not exist or its symlinks form a loop. */
function resolveLinks(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

function isInside(root: string, path: string): boolean {
  const fromRoot = relative(root, path);
  return fromRoot !== '..' && !fromRoot.startsWith(`..${sep}`) && !isAbsolute(fromRoot);
}
