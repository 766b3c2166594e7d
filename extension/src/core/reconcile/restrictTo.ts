import type { Change } from '../change';
import type { PathArea } from '../pathArea';
import { parentFolders } from '../paths';

/**
 * The `changes` to paths in `only`; all changes if it is undefined. Changes that turn a file into a folder, or a folder
 * into a file, are kept together or dropped together.
 * Invariant: if a table is valid before and after all changes (no path is a file and a folder at once), it is valid
 * after the returned ones.
 */
export function restrictTo<C extends Change>(changes: readonly C[], only: PathArea | undefined): readonly C[] {
  if (only === undefined || changes.every(({ path }) => only.has(path))) return changes;
  const topOf = typeChanges(changes);
  const dropped = new Set<string>();
  for (const { path } of changes) {
    if (only.has(path)) continue;
    dropped.add(path);
    const top = topOf.get(path);
    if (top !== undefined) dropped.add(top);
  }
  return changes.filter(({ path }) => only.has(path) && !dropped.has(path) && !dropped.has(topOf.get(path) ?? path));
}

/** Maps each path in a folder that replaces a file, or is replaced by one, to that folder: a path has at most one. */
function typeChanges(changes: readonly Change[]): ReadonlyMap<string, string> {
  const deleted = new Set<string>();
  const added = new Set<string>();
  for (const { path, from, to } of changes) {
    if (to === undefined) deleted.add(path);
    else if (from === undefined) added.add(path);
  }
  const topOf = new Map<string, string>();
  for (const [below, above] of [
    [deleted, added],
    [added, deleted],
  ] as const) {
    if (above.size === 0) continue;
    for (const path of below) for (const folder of parentFolders(path)) if (above.has(folder)) topOf.set(path, folder);
  }
  return topOf;
}
