import type { Change } from './change';
import type { FileTable } from './entry';
import { parentFolders } from './paths';

/** The effect of a plan that deletes or empties too many files to run without a confirmation. */
export interface GuardedDeletions {
  readonly deletes: number;
  /** Files with content whose new content is empty. */
  readonly emptied: number;
  readonly tracked: number;
}

/**
 * Returns the effect of a plan that must be confirmed: one that deletes or empties all of several tracked paths, or more
 * than `fraction` (0 to 1) of at least `min` tracked paths. Returns undefined for other plans. A deleted path whose content
 * is put at another path was renamed, and is not counted.
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

/** The paths that a plan deletes, without renamed ones, and the paths whose content it empties. */
export function removedContent(changes: readonly Change[]): { readonly deleted: string[]; readonly emptied: string[] } {
  const added = new Set(changes.flatMap(({ from, to }) => (from === undefined && to !== undefined ? [to.hash] : [])));
  const deleted = changes.filter(({ from, to }) => from !== undefined && to === undefined && !added.has(from.hash));
  return { deleted: deleted.map(({ path }) => path), emptied: changes.filter(isEmptied).map(({ path }) => path) };
}

function isEmptied({ from, to }: Change): boolean {
  return from !== undefined && from.size > 0 && to?.size === 0;
}

/**
 * Returns the folders, out of `folders` and the workspace folder `''`, that have files in `ancestor` and none in
 * `now`. A folder with a single file is returned only if a file has replaced the folder. A folder whose contents all exist elsewhere was
 * moved and is not returned. If the workspace folder is returned, no other is.
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

/** All folders that contain `path`, with the workspace folder. */
function* foldersOf(path: string): Generator<string> {
  yield* parentFolders(path);
  yield '';
}
