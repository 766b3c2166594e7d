import type { Change, Conflict } from '../change';
import { fileDirConflictSteps } from './fileDirConflict';
import type { Entry, FileTable } from '../entry';
import { stepSize, type CooperativeTask } from '../cooperativeTask';
import { classify, type Classification } from './classify';

/** What it takes to bring three tables together. No path is in more than one list; each is sorted by path. */
export interface Reconciliation {
  /** Both sides agree already: only the ancestor has to follow. */
  readonly ancestorChanges: readonly Change[];
  /** What a pull does to the disk. */
  readonly localChanges: readonly Change[];
  /** What a push sends. */
  readonly remoteChanges: readonly Change[];
  /** What neither may touch. */
  readonly conflicts: readonly Conflict[];
}

interface Tables {
  readonly ancestor: FileTable;
  readonly local: FileTable;
  readonly remote: FileTable;
  readonly isSyncable: (path: string) => boolean;
}

const everything = (): boolean => true;

/**
 * Compares what was agreed on last with what stands on the disk and on the server.
 *
 * Each table must be complete for the paths that are to be kept in step, and be a possible folder: no path is
 * both an entry and above another. The result then promises:
 * - a local content that was never agreed on is in `remoteChanges` or `conflicts`, or the server has it too;
 * - either side with its changes made is again a possible folder, whether or not the other side makes its own;
 * - with no conflicts, both sides with their changes made are the same.
 *
 * A path that does not take part is as if it were in no table. It is only asked of paths that are not in step,
 * which are few: of a hundred thousand, testing each took several times as long as comparing them.
 */
export function* reconcileSteps(
  ancestor: FileTable,
  local: FileTable,
  remote: FileTable,
  isSyncable: (path: string) => boolean = everything,
): CooperativeTask<Reconciliation> {
  const tables = { ancestor, local, remote, isSyncable };
  const classes = yield* classifySteps(tables);
  yield;
  yield* markFileDirConflictsSteps(tables, classes);
  yield;
  return yield* collectChangesSteps(tables, classes);
}

/** The verdict on every path that is not in step. */
function* classifySteps({ ancestor, local, remote, isSyncable }: Tables): CooperativeTask<Map<string, Classification>> {
  const classes = new Map<string, Classification>();
  const look = (path: string, ours: Entry | undefined, theirs: Entry | undefined): void => {
    const found = classify(ancestor === remote ? theirs : ancestor.get(path), ours, theirs);
    if (found !== 'unchanged' && isSyncable(path)) classes.set(path, found);
  };
  let [looked, onBoth] = [0, 0];
  for (const [path, ours] of local) {
    const theirs = remote.get(path);
    if (theirs !== undefined) onBoth++;
    look(path, ours, theirs);
    if (++looked % stepSize === 0) yield;
  }
  // A walk over a table all of which was met already is spared.
  if (onBoth < remote.size) {
    for (const [path, theirs] of remote) {
      if (!local.has(path)) look(path, undefined, theirs);
      if (++looked % stepSize === 0) yield;
    }
  }
  if (ancestor === remote) return classes;
  for (const path of ancestor.keys()) {
    if (!local.has(path) && !remote.has(path)) look(path, undefined, undefined);
    if (++looked % stepSize === 0) yield;
  }
  return classes;
}

/**
 * Invariant: after this, neither side's changes make a path an entry and a folder at once.
 *
 * Each table is a possible folder, so one of two clashing paths is newly put there, and the other exists on
 * that side only. Both become conflicts. That takes a put from the one side, or keeps a put from the other,
 * so it makes no new clash: one pass over each side is enough.
 */
function* markFileDirConflictsSteps(tables: Tables, classes: Map<string, Classification>): CooperativeTask<void> {
  for (const [side, own, other] of [
    ['download', tables.local, tables.remote],
    ['upload', tables.remote, tables.local],
  ] as const) {
    if (!(yield* addsPathSteps(side, own, classes))) continue;
    const present = (path: string): boolean => {
      return (classes.get(path) === side ? other : own).has(path) && tables.isSyncable(path);
    };
    const found = yield* fileDirConflictSteps({ present, candidates: allOf(own, classes) });
    for (const path of found) classes.set(path, 'conflict');
  }
}

function* allOf(own: FileTable, classes: ReadonlyMap<string, Classification>): Generator<string> {
  yield* own.keys();
  for (const path of classes.keys()) if (!own.has(path)) yield path;
}

/** Only a path that is new to a side can clash there: without one, the walk over its table is spared. */
function* addsPathSteps(
  side: Classification,
  own: FileTable,
  classes: ReadonlyMap<string, Classification>,
): CooperativeTask<boolean> {
  let looked = 0;
  for (const [path, found] of classes) {
    if (found === side && !own.has(path)) return true;
    if (++looked % stepSize === 0) yield;
  }
  return false;
}

function* collectChangesSteps(
  { ancestor, local, remote }: Tables,
  classes: ReadonlyMap<string, Classification>,
): CooperativeTask<Reconciliation> {
  const ancestorChanges: Change[] = [];
  const localChanges: Change[] = [];
  const remoteChanges: Change[] = [];
  const conflicts: Conflict[] = [];
  // Without a function texts are compared by code units, which is what is wanted, in a third of the time.
  const paths = [...classes.keys()].sort();
  for (const [number, path] of paths.entries()) {
    if (number % stepSize === 0) yield;
    const sides = { ancestor: ancestor.get(path), local: local.get(path), remote: remote.get(path) };
    switch (classes.get(path)) {
      case undefined:
      case 'unchanged':
        break;
      case 'converged':
        ancestorChanges.push({ path, from: sides.ancestor, to: sides.remote });
        break;
      case 'download':
        localChanges.push({ path, from: sides.local, to: sides.remote });
        break;
      case 'upload':
        remoteChanges.push({ path, from: sides.remote, to: sides.local });
        break;
      case 'conflict':
        conflicts.push({ path, ...sides });
        break;
    }
  }
  return { ancestorChanges, localChanges, remoteChanges, conflicts };
}
