import { sortedPaths, type Change } from '../../core/change';
import { sameEntry } from '../../core/entry';
import type { Observation } from '../../core/observation';
import { atOrIn } from '../../core/pathArea';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import type { Skipped } from '../../io/apply/applyState';
import { runYielding } from '../../io/threads/yielding';
import { recordPull } from '../pull/pullRecord';
import type { LocalContext } from '../replica/commandContext';
import type { Replica } from '../replica/replica';
import { untrack, type Untracked } from '../replica/untrack';
import { applyStaged, type ApplyOptions } from '../transfer/applyStaged';
import { newBackup } from '../transfer/backups';
import { withStaging } from '../transfer/staging';
import { restoreOrigin } from './restoreRecord';

/** The files on this disk at and in some paths. */
export interface LocalCopies {
  /** Files that equal the server's, as last fetched: only these may be deleted. */
  readonly equal: readonly string[];
  /** Files that differ from the server's, or that it does not have. */
  readonly different: readonly string[];
}

export interface LeaveOutRequest extends ApplyOptions {
  /** Files and folders; `''` is the whole folder. */
  readonly paths: readonly string[];
  /** The copies that may be deleted, of those that equal the server's. By default none. */
  readonly deletes?: ReadonlySet<string> | undefined;
}

export interface LeaveOutResult {
  /** By which `trackAgain` tracks the paths again, after `undoPull` has restored the copies. */
  readonly untracked: Untracked;
  readonly deleted: readonly string[];
  /** Copies that were to be deleted and were not, with the reason. */
  readonly skipped: readonly Skipped[];
  /** The backup of the deleted copies, by which `undoPull` restores them; undefined if none was deleted. */
  readonly backup: string | undefined;
}

/** Compares the tracked files on this disk at and in `paths` with the server's. */
export async function localCopies({ replica, reporter }: LocalContext, paths: readonly string[]): Promise<LocalCopies> {
  reporter.step({ kind: 'scanning' });
  await replica.scan({ signal: reporter.signal });
  const copies = await runYielding(equalCopiesSteps(replica, paths));
  return { equal: sortedPaths(copies.equal, () => true), different: copies.different.sort() };
}

/**
 * Stops syncing the paths on this machine, and deletes those copies of `deletes` that equal the server's, with a backup.
 * Nothing changes on the server. Invariant: the paths are untracked before the first copy is deleted, so that no deleted
 * copy ever looks like a change that a push would send.
 */
export async function leaveOut(context: LocalContext, request: LeaveOutRequest): Promise<LeaveOutResult> {
  const { replica, reporter, folders } = context;
  const { paths, deletes = new Set(), hasUnsavedEdits } = request;
  reporter.step({ kind: 'scanning' });
  await replica.scan({ signal: reporter.signal });
  const { equal, observations } = await runYielding(equalCopiesSteps(replica, paths));
  const changes = equal.filter(({ path }) => deletes.has(path));
  const untracked = await untrack(replica, paths, reporter.signal);
  if (changes.length === 0) return { untracked, deleted: [], skipped: [], backup: undefined };
  const backup = await newBackup(folders, 'left-out');
  // No scan visits them any more, and each is compared with its observation before it is deleted.
  for (const { path } of changes) {
    const observation = observations.get(path);
    if (observation !== undefined) replica.local.addUnscanned(observation);
  }
  try {
    const { removed, skipped } = await withStaging(folders, (staging) =>
      applyStaged(context, {
        changes,
        staging,
        backup,
        hasUnsavedEdits,
        record: (write) => recordPull({ ...restoreOrigin(replica), changes, backup }, write),
      }),
    );
    return {
      untracked: { ...untracked, deleted: new Set(removed) },
      deleted: [...removed].sort(),
      skipped,
      backup: removed.length === 0 ? undefined : backup,
    };
  } finally {
    replica.local.removeUnscanned(changes.map(({ path }) => path));
  }
}

interface Copies {
  /** The deletions of the copies that equal the server's. */
  readonly equal: Change[];
  readonly different: string[];
  readonly observations: Map<string, Observation>;
}

function* equalCopiesSteps({ local, ancestor }: Replica, paths: readonly string[]): CooperativeTask<Copies> {
  const wanted = atOrIn(paths);
  const onServer = ancestor.remote('known');
  const copies: Copies = { equal: [], different: [], observations: new Map() };
  let visited = 0;
  for (const [path, observation] of local.observations) {
    if (++visited % stepSize === 0) yield;
    if (!wanted.has(path)) continue;
    if (!sameEntry(observation, onServer.get(path))) copies.different.push(path);
    else {
      copies.equal.push({ path, from: observation, to: undefined });
      copies.observations.set(path, observation);
    }
  }
  return copies;
}
