import type { Change, Conflict } from '../../core/change';
import { sameContent, type Entry, type FileTable } from '../../core/entry';
import { compareNaturally } from '../../core/paths';
import type { HeldPath } from '../../core/reconcile/dropHeld';
import type { Problem } from '../../core/problem';
import { findRenames, type Rename } from '../../core/reconcile/renames';
import type { PlanEffect, PlanFolder, PlanRow } from './plan';

export interface PlannedSide {
  readonly folders: readonly PlanFolder[];
  readonly rows: readonly PlanRow[];
}

/** The rows for the changes of one side, with renames found. `table` has the files of that side now. */
export function rowsOfSide(changes: readonly Change[], direction: 'push' | 'pull', table: FileTable): PlannedSide {
  const renames = findRenames(changes, table.keys());
  const byPath = new Map(changes.map((change) => [change.path, change]));
  const renameRow = ({ from, to }: Rename): PlanRow => ({
    path: to,
    direction,
    effect: 'rename',
    from,
    before: byPath.get(from)?.from,
    after: byPath.get(to)?.to,
  });
  return {
    folders: renames.folders.map(({ from, to, files }) => ({
      from,
      to,
      direction,
      rows: files.map(renameRow).sort((a, b) => compareNaturally(a.path, b.path)),
    })),
    rows: [
      ...renames.files.map(renameRow),
      ...renames.rest.map((change): PlanRow => {
        const { path, from: before, to: after } = change;
        return { path, direction, effect: effectOf(change), before, after };
      }),
    ],
  };
}

function effectOf({ from, to }: Change): PlanEffect {
  if (to === undefined) return 'delete';
  if (from === undefined) return 'add';
  return sameContent(from, to) ? 'mode' : 'modify';
}

export function conflictRow(conflict: Conflict, base: number | undefined): PlanRow {
  const { path, local, remote } = conflict;
  return { path, direction: undefined, effect: 'conflict', before: local, after: remote, ...originOf(conflict, base) };
}

/** The row of a conflict that a pull merges to `merged`. */
export function mergeRow(conflict: Conflict, base: number | undefined, merged: Entry | undefined): PlanRow {
  const { path, local } = conflict;
  return {
    path,
    direction: 'pull',
    effect: 'merge',
    before: local,
    after: merged ?? local,
    ...originOf(conflict, base),
  };
}

function originOf({ ancestor }: Conflict, base: number | undefined): Pick<PlanRow, 'ancestor' | 'base'> {
  return { ...(ancestor && { ancestor }), ...(base !== undefined && { base }) };
}

export function heldRow(held: HeldPath, after: Entry | undefined): PlanRow {
  return { path: held.path, direction: undefined, effect: 'held', held, before: undefined, after };
}

export function problemRow(problem: Problem): PlanRow {
  return { path: problem.path, direction: undefined, effect: 'problem', problem, before: undefined, after: undefined };
}
