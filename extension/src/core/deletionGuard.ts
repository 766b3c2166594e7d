import type { Change } from './change';
import type { FileTable } from './entry';
import { parentFolders } from './paths';

/** What a plan would take away, where that is more than may pass without a question. */
export interface GuardedDeletions {
  readonly deletes: number;
  /** Files that had content and would have none. */
  readonly emptied: number;
  readonly tracked: number;
}

/**
 * Stops a plan that takes away more than `share` (of 1) of the `tracked` paths, when there are at least `min`
 * of them, or all of several; undefined when it may pass. A path deleted in one place and put in another with the
 * same content is a rename: it takes nothing away.
 */
export function guardedDeletions(
  changes: readonly Change[],
  tracked: number,
  share = 0.5,
  min = 10,
): GuardedDeletions | undefined {
  const away = removedContent(changes);
  const deletes = away.deleted.length;
  const emptied = away.emptied.length;
  const taken = deletes + emptied;
  const isMost = tracked >= min && taken > share * tracked;
  const isAll = tracked > 1 && taken >= tracked;
  return isMost || isAll ? { deletes, emptied, tracked } : undefined;
}

/** The paths that a plan deletes, but for renames, and those that it leaves without their content. */
export function removedContent(changes: readonly Change[]): { readonly deleted: string[]; readonly emptied: string[] } {
  const put = new Set(changes.flatMap(({ from, to }) => (from === undefined && to !== undefined ? [to.hash] : [])));
  const deleted = changes.filter(({ from, to }) => from !== undefined && to === undefined && !put.has(from.hash));
  return { deleted: deleted.map(({ path }) => path), emptied: changes.filter(isEmptied).map(({ path }) => path) };
}

function isEmptied({ from, to }: Change): boolean {
  return from !== undefined && from.size > 0 && to?.size === 0;
}

/**
 * Those of `folders` of which nothing is left: several paths were `agreed` on in them, and of these `now` has none,
 * nor anything else there; or a file stands in the folder's own place. `''`, the workspace folder, is one of them.
 * What only stands elsewhere now, each content of it, was moved and is not lost.
 */
export function missingFolders(folders: Iterable<string>, agreed: FileTable, now: FileTable): string[] {
  const all = new Set(['', ...folders]);
  const standing = new Set<string>();
  for (const path of now.keys()) for (const folder of above(path)) standing.add(folder);
  const before = new Map<string, string[]>();
  for (const [path, { hash }] of agreed) {
    for (const folder of above(path)) {
      if (!all.has(folder) || standing.has(folder)) continue;
      const hashes = before.get(folder);
      if (hashes === undefined) before.set(folder, [hash]);
      else hashes.push(hash);
    }
  }
  if (before.size === 0) return [];
  const contents = new Set([...now.values()].map(({ hash }) => hash));
  const lost = [...before].filter(([folder, hashes]) => {
    return now.has(folder) || (hashes.length > 1 && hashes.some((hash) => !contents.has(hash)));
  });
  const paths = lost.map(([folder]) => folder).sort();
  return paths.includes('') ? [''] : paths;
}

function* above(path: string): Generator<string> {
  yield* parentFolders(path);
  yield '';
}
