import { sortedPaths, type Change } from '../../core/change';
import { entryWith, sameEntry, type Entry } from '../../core/entry';
import { isAtOrInside, isInside } from '../../core/paths';
import type { Selection } from '../../core/tracking/selection';
import { entryOf } from '../../core/wire';
import { PalmtreeError } from '../../errors';
import type { Skipped } from '../../io/apply/applyState';
import { pull } from '../pull/pull';
import { recordPull, type PulledChange } from '../pull/pullRecord';
import type { CommandContext } from '../replica/commandContext';
import type { Replica } from '../replica/replica';
import { applyStaged, type ApplyOptions } from '../transfer/applyStaged';
import { newBackup } from '../transfer/backups';
import { stage } from '../transfer/stage';
import { withDownloads } from '../transfer/staging';
import { observeUntracked, restoreOrigin, withBase } from './restoreRecord';

export interface RestoreRequest {
  /** Files and folders; `''` is the whole tree. */
  readonly paths: readonly string[];
  readonly revision: number;
  /** The paths that may be restored, by default all. */
  readonly only?: ReadonlySet<string> | undefined;
  /** The path that the only one of `paths`, a file, had in the revision, if it was renamed since. */
  readonly source?: string | undefined;
}

export interface RestoreResult {
  readonly revision: number;
  /** Paths that differed from the revision and are now as they were in it. */
  readonly written: readonly string[];
  /** Paths that were not written, with the reason. */
  readonly skipped: readonly Skipped[];
  /** The backup of the replaced files, by which `undoPull` undoes the restore. It does not exist if none was replaced. */
  readonly backup: string;
}

/** The effect of a restore on this disk. */
export interface RestorePlan {
  /** Tracked files that will be replaced. */
  readonly replaced: readonly string[];
  /** Untracked files that will be replaced, and tracked. */
  readonly untracked: readonly string[];
  readonly created: readonly string[];
  /** The requested paths that the revision does not have. */
  readonly absent: readonly string[];
}

/** Returns what `restore` would do. Throws not_in_revision if the revision has none of the paths. */
export async function planRestore(context: CommandContext, request: RestoreRequest): Promise<RestorePlan> {
  const entries = await entriesIn(context, request);
  context.reporter.step({ kind: 'scanning' });
  await context.replica.scan({ signal: context.reporter.signal });
  return withPlannedChanges(context, entries, request, (changes, untracked) => {
    return Promise.resolve({
      replaced: sortedPaths(changes, ({ path, from }) => from !== undefined && !untracked.has(path)),
      untracked: sortedPaths(changes, ({ path, from }) => from !== undefined && untracked.has(path)),
      created: sortedPaths(changes, ({ from }) => from === undefined),
      absent: request.paths.filter((named) => !entries.some(({ path }) => isAtOrInside(path, named))),
    });
  });
}

/**
 * Restores files as they were in a revision, with a backup of the files that are replaced. The result is a change of
 * this disk, to be reviewed and pushed. Files that were added to a folder since are left alone.
 * Throws not_in_revision if the revision has none of the paths.
 */
export async function restore(context: CommandContext, request: RestoreRequest & ApplyOptions): Promise<RestoreResult> {
  const { replica, folders, reporter } = context;
  const { revision, source, hasUnsavedEdits } = request;
  const entries = await entriesIn(context, request);
  reporter.step({ kind: 'scanning' });
  // Writes no file, but learns of revisions that the event stream has not announced yet.
  await pull(context, { only: new Set() });
  return withPlannedChanges(context, entries, request, async (changes, untracked) => {
    const backup = await newBackup(folders, `restored-r${revision}`);
    return withDownloads(context, async (staging) => {
      const staged = changes.map((change) => (source === undefined ? change : { ...change, source }));
      await stage(context, { staging, revision, changes: staged });
      const { written, skipped } = await applyStaged(context, {
        changes,
        staging,
        backup,
        hasUnsavedEdits,
        record: (write) => {
          const recorded = changes.map((change) => withFormerRule(replica, withBase(replica, change), untracked));
          return recordPull({ ...restoreOrigin(replica), revision, changes: recorded, backup }, write);
        },
        onApplied: (result) => {
          const skippedPaths = new Set(result.skipped.map(({ path }) => path));
          trackRestored(replica, untracked, (path) => !skippedPaths.has(path));
          // Invariant: a restored file is in conflict with the server's unapplied version, until the user decides.
          for (const entry of result.written) replica.ancestor.conflictWithUnapplied(entry);
        },
      });
      return { revision, written: written.map(({ path }) => path).sort(), skipped, backup };
    });
  });
}

/**
 * Calls `work` with the changes that restore `entries`, and with the observations of the untracked paths among them.
 * Afterwards the observations that `work` has left in that map are removed again.
 */
async function withPlannedChanges<T>(
  { replica }: CommandContext,
  entries: readonly Entry[],
  { paths, only }: RestoreRequest,
  work: (changes: readonly Change[], untracked: Map<string, Entry | undefined>) => Promise<T>,
): Promise<T> {
  const selection = replica.rules.selection();
  const isWanted = (path: string): boolean =>
    only?.has(path) !== false && paths.some((requested) => includesPath(selection, requested, path));
  const wanted = entries.filter(({ path }) => isWanted(path));
  const untracked = wanted.map(({ path }) => path).filter((path) => !selection.includes(path));
  const observed = await observeUntracked(replica, untracked);
  try {
    return await work(changesTo(wanted, replica), observed);
  } finally {
    replica.local.removeUnscanned(observed.keys());
  }
}

/** The revision's entries at and below `paths`. Throws not_in_revision, and version_removed if retention has removed one. */
async function entriesIn(
  { server, reporter }: CommandContext,
  { paths, revision, source }: RestoreRequest,
): Promise<readonly Entry[]> {
  reporter.step({ kind: 'fetchingRevision', revision });
  const { changes } = await server.client.compare(server.tree, 0, revision, reporter.signal);
  const isWanted = (path: string): boolean =>
    source === undefined ? paths.some((named) => isAtOrInside(path, named)) : path === source;
  const wanted = changes.filter(({ path }) => isWanted(path));
  const removed = wanted.filter(({ afterRemoved }) => afterRemoved === true);
  if (removed.length > 0) {
    throw new PalmtreeError('version_removed', `retention has removed a part of revision ${revision}`, {
      details: { paths: removed.map(({ path }) => path) },
    });
  }
  const found = wanted.flatMap(({ after }) => (after === null ? [] : [entryOf(after)]));
  const [renamed = ''] = source === undefined ? [] : paths;
  if (found.length > 0) return renamed === '' ? found : found.map((entry) => entryWith(entry, { path: renamed }));
  throw new PalmtreeError('not_in_revision', `revision ${revision} has no file at ${paths.join(', ')}`, {
    details: { subject: String(revision), ...(paths.includes('') ? {} : { paths }) },
  });
}

function changesTo(wanted: readonly Entry[], { local }: Replica): Change[] {
  return wanted.flatMap((to) => {
    const from = local.observations.get(to.path);
    return sameEntry(from, to) ? [] : [{ path: to.path, from, to }];
  });
}

/**
 * Whether restoring `requested` includes `path`. A path that is untracked or excluded on this machine is included only if
 * the user requested that path itself, or a folder that is untracked, or excluded by all that excludes the path.
 */
export function includesPath(selection: Selection, requested: string, path: string): boolean {
  if (path === requested) return true;
  if (!isInside(path, requested)) return false;
  if (selection.includes(path)) return true;
  const rule = selection.ruleFor(path);
  if (rule?.effect === 'untrack') return !isInside(rule.path, requested);
  return !selection.excludesBelow(path, requested);
}

/** Adds the rule that untracked the path: an undo restores it too. */
function withFormerRule(
  { rules }: Replica,
  change: PulledChange,
  untracked: ReadonlyMap<string, Entry | undefined>,
): PulledChange {
  if (!untracked.has(change.path)) return change;
  const rule = rules.all.get(change.path);
  return { ...change, untrackedBy: rule?.effect === 'untrack' ? rule.kind : null };
}

/**
 * Tracks the restored paths again, and removes them from `untracked`, so that their observations are kept. If a file was
 * equal on both sides before the restore, that version becomes the ancestor.
 */
function trackRestored(
  { rules, ancestor }: Replica,
  untracked: Map<string, Entry | undefined>,
  isRestored: (path: string) => boolean,
): void {
  for (const [path, entry] of [...untracked]) {
    if (!isRestored(path)) continue;
    rules.addRule(path, 'file');
    const onServer = ancestor.unappliedRemote.get(path);
    if (entry !== undefined && onServer && sameEntry(entry, onServer)) ancestor.markSynced(path, onServer);
    untracked.delete(path);
  }
}
