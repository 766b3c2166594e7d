import type { Change } from '../../core/change';
import { changedNames, type ChangedNames } from '../../core/changedNames';
import type { CooperativeTask } from '../../core/cooperativeTask';
import { sameEntry, type FileTable } from '../../core/entry';
import type { HeldPath } from '../../core/reconcile/dropHeld';
import type { Reconciliation } from '../../core/reconcile/reconcile';
import { restrictTo } from '../../core/reconcile/restrictTo';
import { renamedFiles } from '../../core/status/pendingRenames';
import type { SharedlyExcluded } from '../../core/tracking/sharedRules';
import { isPalmtreeError } from '../../errors';
import type { Skipped } from '../../io/apply/applyState';
import { runYielding } from '../../io/threads/yielding';
import type { FetchedChanges } from '../replica/ancestorState';
import type { CommandContext } from '../replica/commandContext';
import { applyDeletionGuard, requireRoot } from '../replica/deletionGuard';
import { fetchRemoteChanges } from '../replica/fetchRemoteChanges';
import type { Replica } from '../replica/replica';
import { adoptServerRules, revertRules } from '../replica/serverRules';
import { applyStaged, type Applied, type ApplyOptions } from '../transfer/applyStaged';
import { newBackup } from '../transfer/backups';
import { stage } from '../transfer/stage';
import { withDownloads } from '../transfer/staging';
import type { TransferOptions } from '../transfer/transferOptions';
import { followMovedFoldersSteps } from './followMovedFolders';
import { followSharedRules } from './followSharedRules';
import { hasLocalChanges, mergeModes, mergeTexts, mergesTexts, type AutoMerge, type Merge } from './autoMerge';
import { forgetUndone, recordPull, undoneChanges, type PulledChange } from './pullRecord';

export interface PullOptions extends TransferOptions, ApplyOptions {
  /** Merges texts that both sides changed in different places; otherwise these are conflicts. */
  readonly autoMerge?: AutoMerge | undefined;
  /** Leaves out changes that the user has undone, until a pull without this brings them again. */
  readonly leavesUndone?: boolean | undefined;
  /**
   * Nobody watches the pull: it holds back all files of others that are new outside of what this machine tracks, or that a
   * program obeys, whatever the user has answered.
   */
  readonly isUnattended?: boolean | undefined;
  /** The user has just agreed to these paths. */
  readonly approved?: ReadonlySet<string> | undefined;
  /**
   * The user has agreed to compare all files anew, because the server no longer has the last synced revision. Paths that
   * differ become conflicts.
   */
  readonly comparesAnew?: boolean | undefined;
  /** Conflicts that are not merged, because the user is deciding them. */
  readonly unmerged?: ReadonlySet<string> | undefined;
}

export interface PullResult {
  readonly revision: number;
  readonly written: number;
  readonly deleted: number;
  /** Renamed files, which `written` and `deleted` count too. */
  readonly renamed: number;
  readonly names: ChangedNames;
  /** Bytes that were received from the server, after compression and delta transfer. */
  readonly downloadedBytes: number;
  /** Paths that both sides changed and that contain both changes now: the next push sends them. */
  readonly merged: readonly string[];
  /** Paths that both sides changed, left as they are on both. */
  readonly conflicts: readonly string[];
  /** Those of `conflicts` that were not merged because the server no longer has their last synced version; absent if none. */
  readonly baseless?: readonly string[];
  /** Paths that were not written, with the reason; the next pull tries again. */
  readonly skipped: readonly Skipped[];
  /** Files of others that were left on the server until the user decides, see `FolderHeld`. */
  readonly held: readonly HeldPath[];
  /**
   * Folders that are tracked on the server but not as a whole here, because they contain other files on this disk. A folder
   * is listed only by the pull that brings its first files.
   */
  readonly skippedFolders: readonly string[];
  /** Files that are no longer synced, because shared rules that the pull has brought exclude them; absent if none. */
  readonly excluded?: readonly SharedlyExcluded[];
  /** The folder with the replaced and deleted files, if there are any. */
  readonly backup: string | undefined;
  /** The backups, even those without a file, by which `undoPull` knows what was pulled; empty if nothing has changed here. */
  readonly undo: readonly string[];
}

/**
 * Applies the server's changes to this disk. Throws root_gone, deletion_guard and revision_not_found; version_removed if the
 * server removes what it reads twice.
 * Invariants: a file is replaced only if it is unchanged since it was scanned. A pull that fails adopts none of the
 * tree's rules.
 */
export async function pull(context: CommandContext, options: PullOptions = {}): Promise<PullResult> {
  try {
    return await pullOnce(context, options);
  } catch (error) {
    // The server has had a newer revision since the fetch began, and has removed what this pull was about to read.
    if (!isPalmtreeError(error, 'version_removed')) throw error;
  }
  return pullOnce(context, options);
}

async function pullOnce(context: CommandContext, options: PullOptions): Promise<PullResult> {
  const { replica, reporter } = context;
  await requireRoot(replica, options);
  reporter.step({ kind: 'fetchingChanges' });
  const fetched = await fetchRemoteChanges(context, { comparesAnew: options.comparesAnew === true });
  const rules = new Map(replica.rules.all);
  let result: PullResult;
  try {
    result = await applyRemote(context, { fetched, options });
  } catch (error) {
    await revertRules(replica, rules);
    throw error;
  }
  const excluded = await followSharedRules(context, rules);
  return excluded.length === 0 ? result : { ...result, excluded };
}

interface Pull {
  readonly fetched: FetchedChanges;
  readonly options: PullOptions;
}

async function applyRemote(context: CommandContext, { fetched, options }: Pull): Promise<PullResult> {
  const { replica, reporter, folders } = context;
  const { revision } = fetched;
  replica.ancestor.reconcileLostCommit();
  const holds = replica.consent.holds(options.isUnattended);
  const { approved } = options;
  const skippedFolders = await adoptServerRules(replica, fetched.folders, { holds, approved });
  reporter.step({ kind: 'scanning' });
  await replica.scan({ signal: reporter.signal });
  const { plan, held } = await replica.planner.reconcile('known', { holds, approved });
  const downloads = await withoutUndone(context, restrictTo(plan.downloads, options.only), options);
  await applyDeletionGuard(replica, { direction: 'pull', changes: downloads, confirmed: options.confirmed });
  const mergeable = mergesTexts(replica, options.autoMerge) ? plan.conflicts : [];
  const candidates = mergeable.filter(({ path }) => mayBeMerged(path, options));
  const work = async (staging: string): Promise<PullResult> => {
    const modes = mergeModes(candidates);
    const baseless: string[] = [];
    const onBaseless = (path: string): void => void baseless.push(path);
    const staged = [...downloads, ...modes.flatMap(({ decision }) => decision.localChanges)];
    const downloadedBytes = await stage(context, { staging, revision, changes: staged });
    const conflicts = without(candidates, modes);
    const merges = [...modes, ...(await mergeTexts(context, { conflicts, revision, staging, onBaseless }))];
    const applied = await applyPull(context, { fetched, options, plan, downloads, merges, staging });
    if (options.leavesUndone !== true && options.only === undefined) await forgetUndone(folders.backups);
    const undecided = [...held.values()].filter((one) => replica.consent.isUndecided(one));
    const { backup } = applied;
    const isChanged = applied.written.length + applied.removed.length > 0;
    return {
      ...summary({ plan, downloads, merges }, applied),
      ...(baseless.length === 0 ? {} : { baseless }),
      revision,
      downloadedBytes,
      held: undecided,
      skippedFolders,
      backup,
      undo: isChanged ? [applied.record] : [],
    };
  };
  return withDownloads(context, work, { isComplete: options.only === undefined && held.size === 0 });
}

/** Leaves out the changes that an undo took back, if the options say so, unless the server has a newer version now. */
async function withoutUndone(
  { folders, server }: CommandContext,
  downloads: readonly Change[],
  { leavesUndone }: PullOptions,
): Promise<readonly Change[]> {
  if (leavesUndone !== true) return downloads;
  const undone = await undoneChanges(folders.backups, { server: server.client.address, tree: server.tree });
  const isUndone = ({ path, from, to }: Change): boolean =>
    undone.get(path)?.some((change) => sameEntry(change.from, from) && sameEntry(change.to, to)) === true;
  return restrictTo(downloads, new Set(downloads.filter((change) => !isUndone(change)).map(({ path }) => path)));
}

interface PlannedPull extends Pull {
  readonly plan: Reconciliation;
  readonly downloads: readonly Change[];
  readonly merges: readonly Merge[];
  readonly staging: string;
}

/** `record`: the backup that names the record of the pull. */
async function applyPull(
  context: CommandContext,
  planned: PlannedPull,
): Promise<Applied & { readonly record: string }> {
  const { replica, server, folders } = context;
  const { fetched, plan, downloads, merges, staging, options } = planned;
  const { revision } = fetched;
  const backup = await newBackup(folders, `r${revision}`);
  const { entries } = replica.ancestor;
  const changes = [...downloads.map((change) => withOtherBase(change, entries)), ...merges.flatMap(withBase)];
  const origin = { kind: 'pull' as const, server: server.client.address, tree: server.tree, revision };
  const applied = await applyStaged(context, {
    changes: [...downloads, ...merges.flatMap(({ decision }) => decision.localChanges)],
    staging,
    backup,
    hasUnsavedEdits: options.hasUnsavedEdits,
    record: (write) => recordPull({ ...origin, changes, backup }, write),
    onApplied: async ({ skipped }) => {
      trackWritten(replica, downloads);
      if (skipped.length === 0) await runYielding(followMovedFoldersSteps(replica, fetched.folders, downloads));
      const synced = [...plan.ancestorChanges, ...downloads, ...merges.flatMap(mergedAncestor)];
      await runYielding(moveAncestorSteps(replica, fetched, without(synced, skipped)));
      replica.merges.add(
        without(merges.filter(hasLocalChanges), skipped).flatMap(({ decision }) => decision.localChanges),
      );
      replica.removeLapsedRules();
    },
  });
  return { ...applied, record: backup };
}

/** Tracks the files that no rule covers: the pull took them although their folders are not tracked here. */
function trackWritten({ rules }: Replica, downloads: readonly Change[]): void {
  const selection = rules.selection();
  for (const { path, to } of downloads) {
    if (to !== undefined && selection.ruleFor(path) === undefined) rules.addRule(path, 'file');
  }
}

function summary(
  { plan: { conflicts }, downloads, merges }: Pick<PlannedPull, 'plan' | 'downloads' | 'merges'>,
  { written, removed, skipped }: Applied,
): Pick<PullResult, 'written' | 'deleted' | 'renamed' | 'names' | 'merged' | 'conflicts' | 'skipped'> {
  const made = without(merges, skipped);
  const merged = made.filter(hasLocalChanges);
  const pulled = without(downloads, skipped);
  const renames = renamedFiles(pulled);
  return {
    written: without(written, merged).length,
    deleted: removed.length,
    renamed: renames.length,
    names: changedNames(pulled, renames),
    merged: merged.map(({ path }) => path),
    conflicts: without(conflicts, made).map(({ path }) => path),
    skipped,
  };
}

function without<T extends { readonly path: string }>(
  all: readonly T[],
  removed: readonly { readonly path: string }[],
): T[] {
  const paths = new Set(removed.map(({ path }) => path));
  return all.filter(({ path }) => !paths.has(path));
}

/** Adds the ancestor to a change that does not start from it. */
function withOtherBase(change: Change, ancestor: FileTable): PulledChange {
  const base = ancestor.get(change.path);
  return sameEntry(base, change.from) ? change : { ...change, base: base ?? null };
}

function withBase({ decision: { localChanges, ancestorChanges } }: Merge): PulledChange[] {
  return localChanges.map((change) => ({ ...change, base: ancestorChanges[0]?.from }));
}

/** Invariant: the ancestor of a merged path becomes the server's version; the result of the merge is still to be pushed. */
function mergedAncestor({ decision }: Merge): readonly Change[] {
  return decision.ancestorChanges;
}

function mayBeMerged(path: string, { only, unmerged }: PullOptions): boolean {
  return only?.has(path) !== false && unmerged?.has(path) !== true;
}

function* moveAncestorSteps(
  { ancestor }: Replica,
  fetched: FetchedChanges,
  synced: readonly Change[],
): CooperativeTask<void> {
  yield* ancestor.markSyncedSteps(synced);
  yield* ancestor.moveToSteps(fetched, fetched.changes, new Set(synced.map(({ path }) => path)));
}
