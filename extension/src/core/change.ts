import type { Entry, FileTable } from './entry';

/** A change of one path from one state to another; `undefined` means that the path does not exist. */
export interface Change {
  readonly path: string;
  readonly from: Entry | undefined;
  readonly to: Entry | undefined;
}

/** A path that both sides changed, so that neither change may win by itself. */
export interface Conflict {
  readonly path: string;
  readonly ancestor: Entry | undefined;
  readonly local: Entry | undefined;
  readonly remote: Entry | undefined;
}

/** The paths of the changes for which `isIncluded` returns true, sorted. */
export function sortedPaths(changes: readonly Change[], isIncluded: (change: Change) => boolean): string[] {
  return changes
    .filter(isIncluded)
    .map(({ path }) => path)
    .sort();
}

/** A copy of `table` with `changes` made. */
export function withChanges(table: FileTable, changes: Iterable<Change>): Map<string, Entry> {
  const result = new Map(table);
  for (const { path, to } of changes) {
    if (to === undefined) result.delete(path);
    else result.set(path, to);
  }
  return result;
}
