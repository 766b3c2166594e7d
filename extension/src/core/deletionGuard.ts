import type { Change } from './change';
import type { FileTable } from './entry';
import { parentFolders } from './paths';

/** The effect of a plan that deletes or empties too many files to run without confirmation. */
export interface GuardedDeletions {
  readonly deletes: number;
  /** Files with content whose new content is empty. */
  readonly emptied: number;
  /** All tracked paths. */
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
