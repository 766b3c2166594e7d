import type { Change } from '../change';
import { runToEnd } from '../cooperativeTask';
import type { FileTable } from '../entry';
import { isAtOrInside, isInside } from '../paths';
import { fileFolderConflictSteps } from './fileFolderConflicts';

/**
 * Returns the changes that can be applied to `table` without making a path a file and a folder at once. A put that
 * cannot be applied is dropped, together with the deletions that make room for it.
 * Invariant: in `table`, no path is a file and a folder at once, nor in the state that the changes restore. So one of
 * two conflicting paths is in `table` and stays, and dropping the other causes no new conflict.
 */
export function applicableChanges(table: FileTable, changes: readonly Change[]): Change[] {
  const outcome = new Map(changes.map(({ path, to }) => [path, to !== undefined] as const));
  const conflicting = runToEnd(
    fileFolderConflictSteps({
      has: (path) => outcome.get(path) ?? table.has(path),
      candidates: new Set([...table.keys(), ...outcome.keys()]),
    }),
  );
  const dropped = [...conflicting].filter((path) => outcome.get(path) === true && !table.has(path));
  const overlaps = (path: string, put: string): boolean => isAtOrInside(path, put) || isInside(put, path);
  return changes.filter(({ path }) => !dropped.some((put) => overlaps(path, put)));
}
