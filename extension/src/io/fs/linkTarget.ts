import { isAbsolute } from 'node:path';
import { parentOf } from '../../core/paths';
import { followLink } from './followLink';

/**
 * Whether the target of a symlink at `path` stays inside `realRoot`, both by its text and through other symlinks on the
 * way. The target need not exist. `realRoot` must be a path without symlinks.
 */
export function pointsInside(realRoot: string, path: string, target: string): boolean {
  if (isAbsolute(target) || /^[a-z]:/i.test(target)) return false;
  const folder = parentOf(path) ?? '';
  if (!staysInsideByText(folder, target)) return false;
  return followLink({ real: realRoot, opened: realRoot }, `${folder}/${target}`) !== undefined;
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
