import { sortedPaths, type Change } from '../../core/change';
import { sameEntry } from '../../core/entry';
import { atOrIn, type PathArea } from '../../core/pathArea';
import { restrictTo } from '../../core/reconcile/restrictTo';
import { PalmtreeError } from '../../errors';
import type { Skipped } from '../../io/apply/applyState';
import { recordPull } from '../pull/pullRecord';
import type { CommandContext } from '../replica/commandContext';
import { settleCommit } from '../replica/pendingCommit';
import type { Replica } from '../replica/replica';
import { applyStaged, type ApplyOptions } from '../transfer/applyStaged';
import { newBackup } from '../transfer/backups';
import { stage } from '../transfer/stage';
import { withDownloads } from '../transfer/staging';
import { restoreOrigin } from './restoreRecord';

export interface DiscardRequest {
  /** Files and folders whose changes are discarded; `''` is the whole folder. */
  readonly paths: readonly string[];
  /** The paths that may be discarded, by default all. */
  readonly only?: PathArea | undefined;
}

/** The effect of a discard on this disk. */
export interface DiscardPlan {
  /** Changed files, which become the last synced version. */
  readonly replaced: readonly string[];
  /** Deleted files, which come back. */
  readonly created: readonly string[];
  /** Files that were never pushed, which go to the backup. */
  readonly removed: readonly string[];
  /** Requested paths in conflict: only a decision ends these. */
  readonly conflicts: readonly string[];
}

export interface DiscardResult {
  /** Paths that are again as they were at the last sync, those that are gone included. */
  readonly discarded: readonly string[];
  /** Paths that were left as they are, with the reason. */
  readonly skipped: readonly Skipped[];
  /** The backup of the discarded versions, by which `undoPull` undoes the discard. It does not exist if there were none. */
  readonly backup: string;
}

/** Returns what `discard` would do. Throws nothing_to_discard. */
export async function planDiscard(context: CommandContext, request: DiscardRequest): Promise<DiscardPlan> {
  const { changes, conflicts } = await prepare(context, request);
  return {
    replaced: sortedPaths(changes, ({ from, to }) => from !== undefined && to !== undefined),
    created: sortedPaths(changes, ({ from }) => from === undefined),
    removed: sortedPaths(changes, ({ to }) => to === undefined),
    conflicts,
  };
}

/**
 * Takes this disk's changes back to the last synced version, whose content the server has, with a backup. The server's
 * newer changes stay incoming. Throws nothing_to_discard; version_removed if retention has removed that version.
 */
export async function discard(context: CommandContext, request: DiscardRequest & ApplyOptions): Promise<DiscardResult> {
  const { replica, folders } = context;
  const { changes } = await prepare(context, request);
  const { revision } = replica.ancestor;
  const backup = await newBackup(folders, 'discarded');
  return withDownloads(context, async (staging) => {
    await stage(context, { staging, revision, changes });
    const { written, removed, skipped } = await applyStaged(context, {
      changes,
      staging,
      backup,
      hasUnsavedEdits: request.hasUnsavedEdits,
      record: (write) => recordPull({ ...restoreOrigin(replica), changes, backup }, write),
      onApplied: () => replica.removeLapsedRules(),
    });
    return { discarded: [...written.map(({ path }) => path), ...removed].sort(), skipped, backup };
  });
}

interface Prepared {
  readonly changes: readonly Change[];
  readonly conflicts: readonly string[];
}

async function prepare(context: CommandContext, { paths, only }: DiscardRequest): Promise<Prepared> {
  const { replica, reporter } = context;
  // Without this, a push whose response was lost would look unpushed, and be discarded.
  await settleCommit(context);
  reporter.step({ kind: 'scanning' });
  await replica.scan({ signal: reporter.signal });
  const { plan } = await replica.planner.reconcile('lastSynced');
  const requested = atOrIn(paths);
  const inConflict = plan.conflicts.map(({ path }) => path).filter((path) => requested.has(path));
  const unsent = [...plan.uploads, ...unpushable(replica, new Set(plan.conflicts.map(({ path }) => path)))];
  const area = { has: (path: string) => requested.has(path) && only?.has(path) !== false };
  const changes = restrictTo(unsent.map(inverse), area);
  if (changes.length > 0) return { changes, conflicts: inConflict };
  throw new PalmtreeError('nothing_to_discard', 'none of the paths has a change that can be discarded', {
    details: { paths: inConflict },
  });
}

/** The changes that the last push left out, which the plan has as problems. */
function unpushable({ local, ancestor, planner }: Replica, conflicts: ReadonlySet<string>): Change[] {
  const isSyncable = planner.syncableTest();
  return [...local.unpushable.keys()].flatMap((path) => {
    const [from, to] = [ancestor.entries.get(path), local.observations.get(path)];
    return sameEntry(from, to) || conflicts.has(path) || !isSyncable(path) ? [] : [{ path, from, to }];
  });
}

function inverse({ path, from, to }: Change): Change {
  return { path, from: to, to: from };
}
