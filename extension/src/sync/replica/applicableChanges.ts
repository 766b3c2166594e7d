import type { Change } from '../../core/change';
import { runToEnd } from '../../core/cooperativeTask';
import { fileDirConflictSteps } from '../../core/reconcile/fileDirConflict';
import type { FileTable } from '../../core/entry';
import { isInside } from '../../core/paths';

/**
 * Those of `changes` after which no path of `table` is a file and a folder at once. A put that has no place is left
 * out, and with it the deletions that were to make room for it.
 * Invariant: `table` is a possible folder, and so is what the changes go back to. So of two paths that clash one
 * stands in `table` and stays, and what is left out makes no new clash.
 */
export function applicableChanges(table: FileTable, changes: readonly Change[]): Change[] {
  const outcome = new Map(changes.map(({ path, to }) => [path, to !== undefined] as const));
  const clashing = runToEnd(
    fileDirConflictSteps({
      has: (path) => outcome.get(path) ?? table.has(path),
      candidates: new Set([...table.keys(), ...outcome.keys()]),
    }),
  );
  const placeless = [...clashing].filter((path) => outcome.get(path) === true && !table.has(path));
  const isFor = (path: string, put: string): boolean => path === put || isInside(path, put) || isInside(put, path);
  return changes.filter(({ path }) => !placeless.some((put) => isFor(path, put)));
}
