import type { Change } from '../../core/change';
import { applicableChanges } from '../../core/reconcile/applicableChanges';
import { PalmtreeError } from '../../errors';
import { fillFromBackup, fillFromLocal, type LostBackup } from '../../io/apply/staging';
import type { Skipped } from '../../io/apply/transition';
import {
  checkRecord,
  pullRecords,
  recordOf,
  saveRecord,
  type PulledChange,
  type PullRecord,
  type RecordCheck,
} from '../pull/pullRecord';
import type { LocalContext } from '../replica/commandContext';
import type { Replica } from '../replica/replica';
import { applyStaged, type Applied, type ApplyOptions } from '../transfer/applyStaged';
import { newBackup } from '../transfer/backups';
import { contentToStage } from '../transfer/stage';
import { withStaging } from '../transfer/staging';

export interface UndoPullResult {
  /** The revision whose pull was undone. */
  readonly revision: number;
  /** Paths that are again as they were before the pull. */
  readonly restored: readonly string[];
  /** Paths that the pull had added. */
  readonly removed: readonly string[];
  /** Paths that changed since the pull or are no longer syncable: they were left alone. */
  readonly changedSince: readonly string[];
  /** Paths that could not be restored, with the reason; another undo tries again. */
  readonly skipped: readonly Skipped[];
  /** The folder with the files that the undo replaced or deleted, if there are any. */
  readonly backup: string | undefined;
}

export interface UndoPullOptions extends ApplyOptions {
  /**
   * The backup of the pull to undo; if another pull came since, nothing is undone. Or the backup of a restore or a
   * decision, which is undone whatever came since.
   */
  readonly only?: string | undefined;
}

interface UndoablePull {
  readonly record: PullRecord;
  readonly check: RecordCheck;
}

/**
 * Undoes the last pull where the disk is still as the pull left it: restores the files that it replaced or deleted, and
 * deletes those that it added, with a backup. The result is a change of this disk, to be reviewed and pushed. The next
 * undo undoes the pull before it.
 * Throws backup_deleted, and nothing_to_undo if no pull is recorded, if all its paths have changed since, or if `only` is
 * another pull.
 */
export async function undoPull(context: LocalContext, options: UndoPullOptions = {}): Promise<UndoPullResult> {
  const { replica, folders, reporter } = context;
  reporter.step({ kind: 'scanning' });
  await replica.scan({ signal: reporter.signal });
  const { record, check } = await findRequested(context, options);
  const { revision } = record;
  const changes = applicableChanges(replica.local.observations, check.unchanged.map(inverse));
  const undone = new Set(changes.map(({ path }) => path));
  const blocked = check.unchanged.map(({ path }) => path).filter((path) => !undone.has(path));
  const changedSince = [...check.changed, ...blocked].sort();
  if (changes.length === 0 && record.state !== 'undoing') {
    throw new PalmtreeError('nothing_to_undo', `all paths of the pull of revision ${revision} have changed since`, {
      details: { paths: changedSince },
    });
  }
  const applied = await withStaging(folders, async (staging) => {
    const lost = await stageFromBackup(context, { staging, backup: record.backup, changes });
    const result = await applyUndo(context, {
      record,
      check,
      changes,
      staging,
      hasUnsavedEdits: options.hasUnsavedEdits,
    });
    return { ...result, skipped: result.skipped.map((skipped) => withLostBackup(skipped, lost)) };
  });
  // A file that the backup has lost now will not be there for the next undo either.
  const isDone = applied.skipped.every(({ reason }) => reason === 'backupMissing' || reason === 'backupChanged');
  if (isDone) await saveRecord({ ...record, state: 'undone', changes: [] });
  return {
    revision,
    restored: applied.written.map(({ path }) => path).sort(),
    removed: [...applied.removed].sort(),
    changedSince,
    skipped: applied.skipped,
    backup: applied.backup,
  };
}

/** The pull that an undo would undo, going by the last scan. Throws backup_deleted. */
export async function lastPull(context: Pick<LocalContext, 'replica' | 'folders'>): Promise<PullRecord | undefined> {
  return (await findLastPull(context))?.record;
}

async function findLastPull(context: Pick<LocalContext, 'replica' | 'folders'>): Promise<UndoablePull | undefined> {
  const { replica, folders } = context;
  for await (const record of pullRecords(folders.backups)) {
    if (record.state === 'undone' || !isOfBinding(record, replica)) continue;
    if (record.state === 'deleted') {
      throw new PalmtreeError('backup_deleted', `the backup of the pull of revision ${record.revision} was deleted`);
    }
    const check = checkAgainstDisk(record, replica);
    // If it has no effect, the pull was killed before its first change, or the user has reverted all changes.
    const hasEffect = check.unchanged.length > 0 || check.changed.length > 0;
    if (hasEffect || record.state === 'undoing') return { record, check };
  }
  return undefined;
}

async function findRequested(context: LocalContext, { only }: UndoPullOptions): Promise<UndoablePull> {
  const { replica } = context;
  const other = only === undefined ? undefined : await recordOf(only, 'other');
  if (other !== undefined && other.state !== 'undone' && isOfBinding(other, replica)) {
    return { record: other, check: checkAgainstDisk(other, replica) };
  }
  const found = await findLastPull(context);
  if (found === undefined) throw new PalmtreeError('nothing_to_undo', 'no pull is recorded that can be undone');
  const { backup, revision, changes } = found.record;
  if (only === undefined || backup === only) return found;
  throw new PalmtreeError('nothing_to_undo', `revision ${revision} was pulled since`, {
    details: { paths: changes.map(({ path }) => path) },
  });
}

function isOfBinding({ server, tree }: PullRecord, { binding }: Replica): boolean {
  return server === (binding?.server ?? '') && tree === (binding?.tree ?? '');
}

function checkAgainstDisk(record: PullRecord, { local, rules, planner }: Replica): RecordCheck {
  const selection = rules.selection();
  const isSyncable = planner.syncableTest();
  return checkRecord(record, (path) =>
    isSyncable(path) && selection.includes(path) ? local.observations.get(path) : 'unknown',
  );
}

function inverse({ path, from, to }: Change): Change {
  return { path, from: to, to: from };
}

/**
 * Stages the earlier content, from the backup or from equal files. A path whose content is in neither is not staged, and
 * returned with the reason.
 */
async function stageFromBackup(
  { replica, reporter: { signal } }: LocalContext,
  {
    staging,
    backup,
    changes,
  }: { readonly staging: string; readonly backup: string; readonly changes: readonly Change[] },
): Promise<ReadonlyMap<string, LostBackup['reason']>> {
  const wanted = changes.flatMap((change) => contentToStage(change) ?? []);
  const lost = await fillFromBackup(backup, staging, wanted, signal);
  const reasons = new Map(lost.map(({ entry, reason }) => [entry, reason]));
  const missing = await fillFromLocal(replica.root, staging, [...reasons.keys()], replica.local.observations, signal);
  return new Map(missing.map((entry) => [entry.path, reasons.get(entry) ?? 'backupMissing']));
}

function withLostBackup(skipped: Skipped, lost: ReadonlyMap<string, LostBackup['reason']>): Skipped {
  const reason = skipped.reason === 'missing' ? lost.get(skipped.path) : undefined;
  return reason === undefined ? skipped : { ...skipped, reason };
}

interface Undo extends UndoablePull, ApplyOptions {
  readonly changes: readonly Change[];
  readonly staging: string;
}

async function applyUndo(
  context: LocalContext,
  { record, check, changes, staging, hasUnsavedEdits }: Undo,
): Promise<Applied> {
  return applyStaged(context, {
    changes,
    staging,
    backup: await newBackup(context.folders, `undone-r${record.revision}`),
    hasUnsavedEdits,
    step: 'undoing',
    record: async (write) => {
      // Invariant: the next undo continues one that was stopped, and does not undo the pull before.
      await saveRecord({ ...record, state: 'undoing' });
      return write();
    },
    onApplied: ({ written, removed }) => {
      const undone = new Set([...written.map(({ path }) => path), ...removed]);
      restoreBases(
        context,
        check.unchanged.filter(({ path }) => undone.has(path)),
      );
    },
  });
}

/**
 * Invariant: if a merge or a decision is undone, theirs counts as unseen again. Mine was not made from it, so the two are
 * in conflict, and a push does not replace theirs.
 */
function restoreBases({ replica }: LocalContext, undone: readonly PulledChange[]): void {
  for (const { path, base } of undone) if (base !== undefined) replica.ancestor.restoreBase(path, base);
}
