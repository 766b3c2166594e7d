import type { Change } from '../change';
import { parentFolders } from '../paths';

/**
 * Those of `changes` that are in `only`; all of them without it. What takes the place of a folder, or of a file by
 * a folder, goes whole or not at all.
 * Invariant: with what is answered made, the side is a possible folder, if it is one with all of `changes` made.
 */
export function restrictTo<C extends Change>(
  changes: readonly C[],
  only: ReadonlySet<string> | undefined,
): readonly C[] {
  if (only === undefined || changes.every(({ path }) => only.has(path))) return changes;
  const swaps = typeChanges(changes);
  const left = new Set<string>();
  for (const { path } of changes) {
    if (only.has(path)) continue;
    left.add(path);
    const top = swaps.get(path);
    if (top !== undefined) left.add(top);
  }
  return changes.filter(({ path }) => only.has(path) && !left.has(path) && !left.has(swaps.get(path) ?? path));
}

/** For each path below one that changes from a file to a folder or back, that one: what lies below has no other. */
function typeChanges(changes: readonly Change[]): ReadonlyMap<string, string> {
  const deleted = new Set<string>();
  const put = new Set<string>();
  for (const { path, from, to } of changes) {
    if (to === undefined) deleted.add(path);
    else if (from === undefined) put.add(path);
  }
  const swaps = new Map<string, string>();
  for (const [below, above] of [
    [deleted, put],
    [put, deleted],
  ] as const) {
    if (above.size === 0) continue;
    for (const path of below) for (const folder of parentFolders(path)) if (above.has(folder)) swaps.set(path, folder);
  }
  return swaps;
}
