import { join } from 'node:path';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { entryWith, type Entry, type FileTable } from '../../core/entry';
import { isAtOrInside } from '../../core/paths';
import type { Rule } from '../../core/tracking/rule';
import { statsLater } from '../../io/fs/stats';
import { runYielding } from '../../io/threads/yielding';
import { kindAt } from './kindAt';
import type { Replica } from './replica';

/** The state of paths before they were untracked, for `trackAgain`. */
export interface Untracked {
  readonly paths: readonly string[];
  /** The rules that were removed. */
  readonly rules: readonly Rule[];
  /** The ancestors of the paths and of the paths in them. */
  readonly ancestors: ReadonlyMap<string, Entry>;
  /** Files that Palmtree has deleted on this disk since. One that is still missing must not look deleted by the user. */
  readonly deleted?: ReadonlySet<string>;
}

/** Stops tracking `paths`, and all that is in them, on this machine. */
export async function untrack(replica: Replica, paths: readonly string[], signal: AbortSignal): Promise<Untracked> {
  const rules = replica.rules.rulesIn(paths);
  const ancestors = await runYielding(entriesInSteps(replica.ancestor.entries, paths));
  for (const path of paths) replica.untrack(path);
  await replica.scan({ signal });
  await replica.save();
  return { paths, rules, ancestors };
}

/**
 * Undoes `untrack`. Invariant: what was a change of this disk before is one again, and no conflict. A version that the
 * server got meanwhile counts as its change. A path that was renamed meanwhile is tracked as the new one.
 */
export async function trackAgain(replica: Replica, untracked: Untracked, signal: AbortSignal): Promise<void> {
  const { rules } = replica;
  const renames = untracked.paths.flatMap((from) => {
    const to = rules.presentPath(from);
    return to === undefined ? [] : [{ from, to }];
  });
  rules.restoreRules([...untracked.paths, ...renames.map(({ to }) => to)], untracked.rules);
  for (const { from, to } of renames) rules.follow({ from, to, kind: (await kindAt(replica, to)) ?? 'file' });
  await runYielding(restoreAncestorsSteps(replica, untracked, await missingOf(replica, untracked)));
  await replica.scan({ signal });
  await replica.save();
}

function* entriesInSteps(table: FileTable, paths: readonly string[]): CooperativeTask<Map<string, Entry>> {
  const found = new Map<string, Entry>();
  let visited = 0;
  for (const [path, entry] of table) {
    if (++visited % stepSize === 0) yield;
    if (paths.some((untracked) => isAtOrInside(path, untracked))) found.set(path, entryWith(entry));
  }
  return found;
}

async function missingOf({ root }: Replica, { deleted = new Set() }: Untracked): Promise<ReadonlySet<string>> {
  const missing = new Set<string>();
  for (const path of deleted) if ((await statsLater(join(root, path))) === undefined) missing.add(path);
  return missing;
}

function* restoreAncestorsSteps(
  { rules, ancestor }: Replica,
  { ancestors }: Untracked,
  missing: ReadonlySet<string>,
): CooperativeTask<void> {
  const selection = rules.selection();
  let visited = 0;
  for (const [path, entry] of ancestors) {
    if (++visited % stepSize === 0) yield;
    // Without an unapplied entry, the folder was bound to another tree, or the path was synced again.
    if (missing.has(path)) continue;
    if (selection.includes(path) && ancestor.unappliedRemote.has(path)) ancestor.restoreBase(path, entry);
  }
}
