import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Change } from '../../core/change';
import { restrictTo } from '../../core/reconcile/restrictTo';
import type { CooperativeTask } from '../../core/cooperativeTask';
import type { Skipped } from '../../io/apply/transition';
import { runYielding } from '../../io/threads/yielding';
import { hasMine, mergeModes, mergeTexts, type Merge } from './autoMerge';
import { applyDeletionGuard, requireRoot } from '../replica/deletionGuard';
import { throwIfCancelled } from '../transfer/runTransfer';
import { recordPull, type PulledChange } from './pullRecord';
import type { PushOptions } from '../push/push';
import type { ServerBinding, Reporter } from '../ports/serverBinding';
import { fetchRemoteChanges } from '../replica/fetchRemoteChanges';
import { sourcesOf } from '../content/mergeSources';
import type { FetchedChanges } from '../replica/ancestorState';
import type { Replica } from '../replica/replica';
import { revertRules, adoptServerRules } from '../replica/serverRules';
import { backupFolder, putInPlace, stage, type PullFolders } from '../transfer/stage';

export interface PullOptions extends Omit<PushOptions, 'message'> {
  /** Makes one file of two that were changed in different places; without it, these are conflicts. */
  readonly autoMerge?: boolean;
  /** Conflicts that stay, since they are to be decided by the user. */
  readonly unmerged?: ReadonlySet<string>;
  /** Paths with unsaved edits: never written. */
  readonly isUnsaved?: (path: string) => boolean;
}

export interface PullResult {
  readonly revision: number;
  readonly written: number;
  readonly deleted: number;
  /** Bytes that came from the server through the connection. */
  readonly downloadedBytes: number;
  /** Paths that both sides changed, and that hold both changes now: a push sends them. */
  readonly merged: readonly string[];
  /** Paths that both sides changed: neither was touched. */
  readonly conflicts: readonly string[];
  /** Paths that could not be written, with the reason; the next pull tries again. */
  readonly skipped: readonly Skipped[];
  /**
   * Folders that are tracked on the server and were not taken whole, since other files stand in them here. Only
   * those of which this pull brought the first files.
   */
  readonly skippedFolders: readonly string[];
  /** The folder that keeps what was replaced or deleted, if anything was. */
  readonly backup: string | undefined;
}

/**
 * Brings what changed on the server. Invariant: only what was scanned and is unchanged since is replaced, and what the
 * tree has tracked is tracked here only by a pull that goes to its end.
 */
export async function pull(
  replica: Replica,
  remote: ServerBinding,
  folders: PullFolders,
  reporter: Reporter,
  options: PullOptions = {},
): Promise<PullResult> {
  requireRoot(replica, options);
  reporter.step({ kind: 'fetchingChanges' });
  const news = await fetchRemoteChanges(replica.ancestor, remote, reporter.signal);
  const rules = new Map(replica.rules.all);
  try {
    return await applyRemote(news, replica, remote, folders, reporter, options);
  } catch (error) {
    await revertRules(replica, rules);
    throw error;
  }
}

async function applyRemote(
  news: FetchedChanges,
  replica: Replica,
  remote: ServerBinding,
  folders: PullFolders,
  reporter: Reporter,
  options: PullOptions,
): Promise<PullResult> {
  replica.ancestor.reconcileLostCommit();
  const skippedFolders = await adoptServerRules(replica, news.folders);
  reporter.step({ kind: 'scanning' });
  await replica.scan({ signal: reporter.signal });
  const plan = (await replica.planner.reconcile('known')).plan;
  const localChanges = restrictTo(plan.localChanges, options.only);
  applyDeletionGuard(replica, { direction: 'pull', changes: localChanges, confirmed: options.confirmed });
  const candidates = plan.conflicts.filter(({ path }) => mayBeMerged(path, options));
  const modes = mergeModes(candidates);
  const fetched = [...localChanges, ...modes.flatMap(({ decision }) => decision.localChanges)];
  const staged = await stage(replica, remote, folders, news.revision, fetched, reporter);
  try {
    const isDone = new Set(modes.map(({ path }) => path));
    const others = candidates.filter(({ path }) => !isDone.has(path));
    const sources = sourcesOf(replica, remote, reporter, news.revision);
    const merges = [...modes, ...(await mergeTexts(sources, others, staged.folder, reporter))];
    throwIfCancelled(reporter);
    // From here on it goes to its end, which is near: half of a revision helps nobody.
    reporter.step({ kind: 'applying' });
    const backup = backupFolder(folders, `r${news.revision}`);
    const applying = [...localChanges, ...merges.flatMap(({ decision }) => decision.localChanges)];
    const pulled = {
      server: remote.client.address,
      tree: remote.tree,
      revision: news.revision,
      changes: [...localChanges, ...merges.flatMap(withBase)],
      backup,
    };
    const put = () => putInPlace(replica, staged, applying, backup, options.isUnsaved);
    const applied = await recordPull(pulled, put);
    const notApplied = new Set(applied.skipped.map(({ path }) => path));
    const made = merges.filter(({ path }) => !notApplied.has(path));
    const agreed = [...plan.ancestorChanges, ...localChanges].filter(({ path }) => !notApplied.has(path));
    await runYielding(settleSteps(replica, news, agreed, made));
    await replica.save();
    const settled = new Set(made.map(({ path }) => path));
    const merged = new Set(made.filter(hasMine).map(({ path }) => path));
    return {
      revision: news.revision,
      written: applied.written.filter(({ path }) => !merged.has(path)).length,
      deleted: applied.removed.length,
      downloadedBytes: staged.downloadedBytes,
      merged: [...merged],
      conflicts: plan.conflicts.flatMap(({ path }) => (settled.has(path) ? [] : [path])),
      skipped: applied.skipped,
      skippedFolders,
      backup: existsSync(backup) ? backup : undefined,
    };
  } finally {
    await rm(staged.folder, { recursive: true, force: true });
  }
}

function withBase({ decision: { localChanges, ancestorChanges } }: Merge): PulledChange[] {
  return localChanges.map((change) => ({ ...change, base: ancestorChanges[0]?.from }));
}

function mayBeMerged(path: string, { autoMerge, only, unmerged }: PullOptions): boolean {
  return autoMerge === true && only?.has(path) !== false && unmerged?.has(path) !== true;
}

/** Invariant: of a merge, the ancestor becomes what the server has; what was made of it is still to be pushed. */
function* settleSteps(
  replica: Replica,
  news: FetchedChanges,
  applied: readonly Change[],
  merges: readonly Merge[],
): CooperativeTask<void> {
  const changes = [...applied, ...merges.flatMap(({ decision }) => decision.ancestorChanges)];
  yield* replica.ancestor.markSyncedSteps(changes);
  yield* replica.ancestor.moveToSteps(news, news.changes, new Set(changes.map(({ path }) => path)));
}
