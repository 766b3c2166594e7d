import { realpathSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { parentOf } from '../../core/paths';

/**
 * Whether a symlink at `path` in `realRoot` with `target` stays inside, both by its text and through the
 * symlinks on its way. It need not lead to anything. `realRoot` has no symlinks in it.
 */
export function pointsInside(realRoot: string, path: string, target: string): boolean {
  if (isAbsolute(target) || /^[a-z]:/i.test(target)) return false;
  const folder = parentOf(path) ?? '';
  return staysByText(folder, target) && staysThroughLinks(realRoot, join(realRoot, folder), target);
}

/** Invariant: a way out and back in again is out: elsewhere the workspace folder has another name. */
function staysByText(folder: string, target: string): boolean {
  let depth = folder === '' ? 0 : folder.split('/').length;
  for (const segment of target.split('/')) {
    if (segment === '..') depth--;
    else if (segment !== '' && segment !== '.') depth++;
    if (depth < 0) return false;
  }
  return true;
}

function staysThroughLinks(realRoot: string, folder: string, target: string): boolean {
  let current = folder;
  for (const segment of target.split('/')) {
    if (segment === '' || segment === '.') continue;
    current = segment === '..' ? resolve(current, '..') : realOf(join(current, segment));
    if (!isInside(realRoot, current)) return false;
  }
  return true;
}

/** What is not there, or links in a circle, is taken by its text. */
function realOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
