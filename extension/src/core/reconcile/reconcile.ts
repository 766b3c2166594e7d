import type { Change, Conflict } from '../change';
import { findingClashes } from './fileDirConflict';
import type { Entry, FileTable } from '../entry';
import { drained, stepSize, type Steps } from '../cooperativeTask';
import { verdict, type Verdict } from './classify';

export type { Change, Conflict } from '../change';

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
  readonly takesPart: (path: string) => boolean;
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
export function reconcile(
  ancestor: FileTable,
  local: FileTable,
  remote: FileTable,
  takesPart: (path: string) => boolean = everything,
): Reconciliation {
  return drained(reconciling(ancestor, local, remote, takesPart));
}

/** The same in steps of some milliseconds. The tables must stay as they are until the end. */
export function* reconciling(
  ancestor: FileTable,
  local: FileTable,
  remote: FileTable,
  takesPart: (path: string) => boolean = everything,
): Steps<Reconciliation> {
  const tables = { ancestor, local, remote, takesPart };
  const verdicts = yield* judging(tables);
  yield;
  yield* holdingBackClashes(tables, verdicts);
  yield;
  return yield* gathering(tables, verdicts);
}

/** The verdict on every path that is not in step. */
function* judging({ ancestor, local, remote, takesPart }: Tables): Steps<Map<string, Verdict>> {
  const verdicts = new Map<string, Verdict>();
  const look = (path: string, ours: Entry | undefined, theirs: Entry | undefined): void => {
    const found = verdict(ancestor === remote ? theirs : ancestor.get(path), ours, theirs);
    if (found !== 'inStep' && takesPart(path)) verdicts.set(path, found);
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
  if (ancestor === remote) return verdicts;
  for (const path of ancestor.keys()) {
    if (!local.has(path) && !remote.has(path)) look(path, undefined, undefined);
    if (++looked % stepSize === 0) yield;
  }
  return verdicts;
}

/**
 * Invariant: after this, neither side's changes make a path an entry and a folder at once.
 *
 * Each table is a possible folder, so one of two clashing paths is newly put there, and the other exists on
 * that side only. Both become conflicts. That takes a put from the one side, or keeps a put from the other,
 * so it makes no new clash: one pass over each side is enough.
 */
function* holdingBackClashes(tables: Tables, verdicts: Map<string, Verdict>): Steps<void> {
  for (const [side, own, other] of [
    ['takeRemote', tables.local, tables.remote],
    ['sendLocal', tables.remote, tables.local],
  ] as const) {
    if (!(yield* addingAPath(side, own, verdicts))) continue;
    const present = (path: string): boolean => {
      return (verdicts.get(path) === side ? other : own).has(path) && tables.takesPart(path);
    };
    const found = yield* findingClashes({ present, candidates: allOf(own, verdicts) });
    for (const path of found) verdicts.set(path, 'conflict');
  }
}

function* allOf(own: FileTable, verdicts: ReadonlyMap<string, Verdict>): Generator<string> {
  yield* own.keys();
  for (const path of verdicts.keys()) if (!own.has(path)) yield path;
}

/** Only a path that is new to a side can clash there: without one, the walk over its table is spared. */
function* addingAPath(side: Verdict, own: FileTable, verdicts: ReadonlyMap<string, Verdict>): Steps<boolean> {
  let looked = 0;
  for (const [path, found] of verdicts) {
    if (found === side && !own.has(path)) return true;
    if (++looked % stepSize === 0) yield;
  }
  return false;
}

function* gathering(
  { ancestor, local, remote }: Tables,
  verdicts: ReadonlyMap<string, Verdict>,
): Steps<Reconciliation> {
  const ancestorChanges: Change[] = [];
  const localChanges: Change[] = [];
  const remoteChanges: Change[] = [];
  const conflicts: Conflict[] = [];
  // Without a function texts are compared by code units, which is what is wanted, in a third of the time.
  const paths = [...verdicts.keys()].sort();
  for (const [number, path] of paths.entries()) {
    if (number % stepSize === 0) yield;
    const sides = { ancestor: ancestor.get(path), local: local.get(path), remote: remote.get(path) };
    switch (verdicts.get(path)) {
      case undefined:
      case 'inStep':
        break;
      case 'agreed':
        ancestorChanges.push({ path, from: sides.ancestor, to: sides.remote });
        break;
      case 'takeRemote':
        localChanges.push({ path, from: sides.local, to: sides.remote });
        break;
      case 'sendLocal':
        remoteChanges.push({ path, from: sides.remote, to: sides.local });
        break;
      case 'conflict':
        conflicts.push({ path, ...sides });
        break;
    }
  }
  return { ancestorChanges, localChanges, remoteChanges, conflicts };
}

/** `table` with `changes` made. */
export function applied(table: FileTable, changes: Iterable<Change>): Map<string, Entry> {
  const result = new Map(table);
  for (const { path, to } of changes) {
    if (to === undefined) result.delete(path);
    else result.set(path, to);
  }
  return result;
}
