import type { Change } from './change';
import type { FileTable } from './entry';
import { isInside, parentFolders } from './paths';

/** The effect of a plan that deletes or empties too many files to run without confirmation. */
export interface GuardedDeletions {
  readonly deletes: number;
  /** Files with content whose new content is empty. */
  readonly emptied: number;
  /** The number of tracked paths. */
  readonly tracked: number;
}

/**
 * Returns the effect of a plan that must be confirmed, and undefined for other plans. A plan must be confirmed if it
 * deletes or empties more than `fraction` (0 to 1) of at least `min` tracked paths, or all of at least two. A deleted
 * path whose content is put at a new path was renamed, and is not counted.
 */
export function guardedDeletions(
  changes: readonly Change[],
  tracked: number,
  fraction = 0.5,
  min = 10,
): GuardedDeletions | undefined {
  const removed = removedContent(changes);
  const deletes = removed.deleted.length;
  const emptied = removed.emptied.length;
  const lost = deletes + emptied;
  const losesMost = tracked >= min && lost > fraction * tracked;
  const losesAll = tracked > 1 && lost >= tracked;
  return losesMost || losesAll ? { deletes, emptied, tracked } : undefined;
}

/** The paths that a plan deletes, except renamed ones, and the paths whose content it empties. */
export function removedContent(changes: readonly Change[]): { readonly deleted: string[]; readonly emptied: string[] } {
  const added = new Set(changes.flatMap(({ from, to }) => (from === undefined && to !== undefined ? [to.hash] : [])));
  const deleted = changes.filter(({ from, to }) => from !== undefined && to === undefined && !added.has(from.hash));
  return { deleted: deleted.map(({ path }) => path), emptied: changes.filter(isEmptied).map(({ path }) => path) };
}

function isEmptied({ from, to }: Change): boolean {
  return from !== undefined && from.size > 0 && to?.size === 0;
}

/**
 * Returns the outermost folders that lose at least `min` files and have none left in `tableAfter()`, the table after the
 * changes. Emptied files count as lost; deleted files only if their content is nowhere in that table. The workspace
 * folder itself is never returned.
 */
export function lostFolders(changes: readonly Change[], tableAfter: () => FileTable, min = 10): string[] {
  const removed = removedContent(changes);
  if (removed.deleted.length + removed.emptied.length < min) return [];
  const after = tableAfter();
  const emptied = new Set(removed.emptied);
  const existing = new Set([...after.values()].map(({ hash }) => hash));
  const hashes = new Map(changes.flatMap(({ path, from }) => (from === undefined ? [] : [[path, from.hash]])));
  const deleted = removed.deleted.filter((path) => !existing.has(hashes.get(path) ?? ''));
  const counts = new Map<string, number>();
  for (const path of [...deleted, ...emptied]) {
    for (const folder of parentFolders(path)) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const lost = new Set([...counts].flatMap(([folder, count]) => (count >= min ? [folder] : [])));
  if (lost.size === 0) return [];
  for (const path of after.keys()) {
    if (!emptied.has(path)) for (const folder of parentFolders(path)) lost.delete(folder);
  }
  return [...lost].filter((path) => ![...lost].some((folder) => isInside(path, folder))).sort();
}

/**
 * Returns the folders, out of `folders` and the workspace folder `''`, that have files in `ancestor` and none in `now`.
 * Unless a file has replaced it, a folder is not returned if it had a single file, or if all its contents exist
 * elsewhere, so that it was moved. If the workspace folder is returned, no other is.
 */
export function missingFolders(folders: Iterable<string>, ancestor: FileTable, now: FileTable): string[] {
  const candidates = new Set(['', ...folders]);
  const present = new Set<string>();
  for (const path of now.keys()) for (const folder of foldersOf(path)) present.add(folder);
  const hashesByFolder = new Map<string, string[]>();
  for (const [path, { hash }] of ancestor) {
    for (const folder of foldersOf(path)) {
      if (!candidates.has(folder) || present.has(folder)) continue;
      const hashes = hashesByFolder.get(folder);
      if (hashes === undefined) hashesByFolder.set(folder, [hash]);
      else hashes.push(hash);
    }
  }
  if (hashesByFolder.size === 0) return [];
  const existing = new Set([...now.values()].map(({ hash }) => hash));
  const missing = [...hashesByFolder].filter(([folder, hashes]) => {
    return now.has(folder) || (hashes.length > 1 && hashes.some((hash) => !existing.has(hash)));
  });
  const paths = missing.map(([folder]) => folder).sort();
  return paths.includes('') ? [''] : paths;
}

/** All folders that contain `path`, including the workspace folder. */
function* foldersOf(path: string): Generator<string> {
  yield* parentFolders(path);
  yield '';
}
