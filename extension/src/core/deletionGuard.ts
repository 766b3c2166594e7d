import type { Change } from './change';
import { stepSize, type CooperativeTask } from './cooperativeTask';
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
export function* lostFoldersSteps(
  changes: readonly Change[],
  tableAfter: () => FileTable,
  min = 10,
): CooperativeTask<string[]> {
  const removed = removedContent(changes);
  if (removed.deleted.length + removed.emptied.length < min) return [];
  const after = tableAfter();
  const emptied = new Set(removed.emptied);
  const existing = new Set([...after.values()].map(({ hash }) => hash));
  const hashes = new Map(changes.flatMap(({ path, from }) => (from === undefined ? [] : [[path, from.hash]])));
  const deleted = removed.deleted.filter((path) => !existing.has(hashes.get(path) ?? ''));
  const lost = yield* foldersWithSteps([...deleted, ...emptied], min);
  yield* removeFoldersOfSteps(lost, notIn(emptied, after.keys()));
  return [...lost].filter((path) => ![...parentFolders(path)].some((folder) => lost.has(folder))).sort();
}

/** The folders that contain at least `min` of `paths`. */
function* foldersWithSteps(paths: readonly string[], min: number): CooperativeTask<Set<string>> {
  const counts = new Map<string, number>();
  for (const [number, path] of paths.entries()) {
    if (number % stepSize === 0) yield;
    for (const folder of parentFolders(path)) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return new Set([...counts].flatMap(([folder, count]) => (count >= min ? [folder] : [])));
}

function* notIn(left: ReadonlySet<string>, paths: Iterable<string>): Generator<string> {
  for (const path of paths) if (!left.has(path)) yield path;
}

/**
 * Returns the folders, out of `folders` and the workspace folder `''`, that have files in `ancestor` and none in `now`.
 * Unless a file has replaced it, a folder is not returned if it had a single file, or if all its contents exist
 * elsewhere, so that it was moved. If the workspace folder is returned, no other is.
 */
export function* missingFoldersSteps(
  folders: Iterable<string>,
  ancestor: FileTable,
  now: FileTable,
): CooperativeTask<string[]> {
  const absent = new Set(['', ...folders]);
  yield* removeFoldersOfSteps(absent, now.keys());
  if (absent.size === 0) return [];
  const hashesByFolder = yield* hashesInSteps(absent, ancestor);
  if (hashesByFolder.size === 0) return [];
  const existing = new Set([...now.values()].map(({ hash }) => hash));
  const missing = [...hashesByFolder].filter(([folder, hashes]) => {
    return now.has(folder) || (hashes.length > 1 && hashes.some((hash) => !existing.has(hash)));
  });
  const paths = missing.map(([folder]) => folder).sort();
  return paths.includes('') ? [''] : paths;
}

/** Removes from `folders` those that contain one of `paths`. Ends early: most folders contain one of the first paths. */
function* removeFoldersOfSteps(folders: Set<string>, paths: Iterable<string>): CooperativeTask<void> {
  let visited = 0;
  for (const path of paths) {
    if (folders.size === 0) return;
    if (++visited % stepSize === 0) yield;
    for (const folder of [...foldersAmong(folders, path)]) folders.delete(folder);
  }
}

function* hashesInSteps(folders: ReadonlySet<string>, table: FileTable): CooperativeTask<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  let visited = 0;
  for (const [path, { hash }] of table) {
    if (++visited % stepSize === 0) yield;
    for (const folder of foldersAmong(folders, path)) {
      const hashes = found.get(folder);
      if (hashes === undefined) found.set(folder, [hash]);
      else hashes.push(hash);
    }
  }
  return found;
}

/** With more folders, it is faster to look up those above a path of usual depth. */
const maxTestedFolders = 8;

/** Those of `folders` that contain `path`. */
function* foldersAmong(folders: ReadonlySet<string>, path: string): Generator<string> {
  if (folders.size <= maxTestedFolders) {
    for (const folder of folders) if (isInside(path, folder)) yield folder;
    return;
  }
  for (const folder of parentFolders(path)) if (folders.has(folder)) yield folder;
  if (folders.has('')) yield '';
}
