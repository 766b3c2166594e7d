import { sortedPaths, type Change } from '../../core/change';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { sameEntry } from '../../core/entry';
import { applicableChanges } from '../../core/reconcile/applicableChanges';
import { classify } from '../../core/reconcile/classify';
import { PalmtreeError } from '../../errors';
import { fillFromBackup, fillFromLocal, type LostBackup } from '../../io/apply/staging';
import type { Skipped } from '../../io/apply/applyState';
import { runYielding } from '../../io/threads/yielding';
import { changesNoFile, markUndone, saveRecord, type PulledChange, type PullRecord } from '../pull/pullRecord';
import type { AncestorSnapshot } from '../replica/ancestorState';
import type { LocalContext } from '../replica/commandContext';
import { applyStaged, type Applied, type ApplyOptions } from '../transfer/applyStaged';
import { filesOf, newBackup } from '../transfer/backups';
import { contentToStage } from '../transfer/stage';
import { withStaging } from '../transfer/staging';
import { changeKind, findLastPull, namedChange, withUndoable, type ChangeKind, type Undoable } from './undoable';

/** The effect of an undo. */
interface UndoEffect {
  /** The revision whose pull was undone. */
  readonly revision: number;
  /** Paths that are again as they were before the pull. */
  readonly restored: readonly string[];
  /** Paths that the pull had added. */
  readonly removed: readonly string[];
  /** Paths of `restored` and `removed`, and of decisions that changed no file, that are in conflict again. */
  readonly conflicts: readonly string[];
  /** Paths that changed since the pull or are no longer syncable: they were left alone. */
  readonly changedSince: readonly string[];
}

export interface UndoPullResult extends UndoEffect {
  /** Paths that could not be restored, with the reason; another undo tries again. */
  readonly skipped: readonly Skipped[];
  /** The folder with the files that the undo replaced or deleted, if there are any. */
  readonly backup: string | undefined;
}

/** The effect that `undoPull` would have. */
export interface PullUndoPlan extends UndoEffect {
  readonly kind: ChangeKind;
  /** Whether it is the last pull, or decision for theirs, that was requested, and not one by its backup. */
  readonly isLast: boolean;
  /** An ISO date and time. */
  readonly at: string;
  /** The backup of the pull, for `UndoPullOptions.only`. */
  readonly backup: string;
  /** Paths with unsaved edits: they are left alone. */
  readonly unsaved: readonly string[];
  /** Paths whose earlier content is neither in the backup nor elsewhere on this disk. */
  readonly lost: readonly string[];
}

export interface UndoPullOptions extends ApplyOptions {
  /** The backup of the pull, restore or decision to undo, whatever came since; by default that of the last pull. */
  readonly only?: string | undefined;
  /** The paths that may be undone, by default all. */
  readonly paths?: ReadonlySet<string> | undefined;
}

/**
 * Undoes the last pull where the disk is still as the pull left it: restores the files that it replaced or deleted, and
 * deletes those that it added, with a backup. The next undo undoes the pull before.
 * Throws backup_deleted, and nothing_to_undo if no pull is recorded, or if all its paths have changed since.
 * Invariant: the server's versions are incoming again, so the next pull brings them, and no push replaces or deletes them.
 */
export async function undoPull(context: LocalContext, options: UndoPullOptions = {}): Promise<UndoPullResult> {
  return withPrepared(context, options, async (prepared) => {
    const { record, changes } = prepared;
    const conflicts = conflictsAfter(context, prepared);
    const applied = await withStaging(context.folders, async (staging) => {
      const lost = await stageFromBackup(context, { staging, backup: record.backup, changes });
      const applied = await applyUndo(context, { ...prepared, staging, hasUnsavedEdits: options.hasUnsavedEdits });
      return { ...applied, skipped: applied.skipped.map((skipped) => withLostBackup(skipped, lost)) };
    });
    // A file that the backup has lost now will not be there for the next undo either.
    const isDone = applied.skipped.every(({ reason }) => reason === 'backupMissing' || reason === 'backupChanged');
    if (isDone && !prepared.isPartial) await saveRecord({ ...record, state: 'undone', changes: [] });
    const skipped = new Set(applied.skipped.map(({ path }) => path));
    return {
      ...effectOf(prepared),
      conflicts: conflicts.filter((path) => !skipped.has(path)),
      restored: applied.written.map(({ path }) => path).sort(),
      removed: [...applied.removed].sort(),
      skipped: applied.skipped,
      backup: applied.backup,
    };
  });
}

/** Returns what `undoPull` would do, and throws what it would throw. */
export async function planUndoPull(context: LocalContext, options: UndoPullOptions = {}): Promise<PullUndoPlan> {
  return withPrepared(context, options, async (prepared) => {
    const { record, changes } = prepared;
    const isUnsaved = ({ path }: Change): boolean => options.hasUnsavedEdits?.(path) === true;
    const unsaved = changes.filter(isUnsaved).map(({ path }) => path);
    const lost = (await lostContent(context, record.backup, changes)).filter((path) => !unsaved.includes(path));
    const skipped = new Set([...unsaved, ...lost]);
    const made = changes.filter(({ path }) => !skipped.has(path));
    return {
      ...effectOf(prepared),
      conflicts: conflictsAfter(context, prepared).filter((path) => !skipped.has(path)),
      restored: sortedPaths(made, ({ to }) => to !== undefined),
      removed: sortedPaths(made, ({ to }) => to === undefined),
      kind: changeKind(record.backup),
      isLast: options.only === undefined,
      at: record.at,
      backup: record.backup,
      unsaved: [...unsaved].sort(),
      lost,
    };
  });
}

/** The pull that an undo would undo, going by the last scan. Throws backup_deleted. */
export async function lastPull(context: Pick<LocalContext, 'replica' | 'folders'>): Promise<PullRecord | undefined> {
  return (await findLastPull(context))?.record;
}

interface PreparedUndo {
  readonly record: PullRecord;
  /** The recorded changes that are undone. */
  readonly undone: readonly PulledChange[];
  /** The changes that undo them on this disk. */
  readonly changes: readonly Change[];
  readonly changedSince: readonly string[];
  /** Some paths that could be undone were not requested. */
  readonly isPartial: boolean;
}

async function withPrepared<T>(
  context: LocalContext,
  options: UndoPullOptions,
  work: (prepared: PreparedUndo) => Promise<T>,
): Promise<T> {
  const { replica, reporter } = context;
  reporter.step({ kind: 'scanning' });
  await replica.scan({ signal: reporter.signal });
  return withUndoable(context, options.only, (undoable) => work(prepare(context, undoable, options)));
}

function prepare({ replica }: LocalContext, { record, check }: Undoable, { paths }: UndoPullOptions): PreparedUndo {
  const requested = check.unchanged.filter(({ path }) => paths?.has(path) !== false);
  const decisions = requested.filter(changesNoFile);
  const inverted = requested.filter((change) => !changesNoFile(change)).map(inverse);
  const changes = applicableChanges(replica.local.observations, inverted);
  const undonePaths = new Set([...changes, ...decisions].map(({ path }) => path));
  const isUndone = ({ path }: Change): boolean => undonePaths.has(path);
  const blocked = requested.filter((change) => !isUndone(change)).map(({ path }) => path);
  const changedSince = [...check.changed, ...blocked].sort();
  if (undonePaths.size === 0 && record.state !== 'undoing') {
    throw new PalmtreeError('nothing_to_undo', `all paths of revision ${record.revision} have changed since`, {
      details: {
        paths: changedSince,
        undo: { ...namedChange(record.backup, record.revision), state: 'changed' },
      },
    });
  }
  const isPartial = requested.length < check.unchanged.length;
  return { record, undone: requested.filter(isUndone), changes, changedSince, isPartial };
}

function inverse({ path, from, to }: Change): Change {
  return { path, from: to, to: from };
}

function effectOf({ record: { revision }, changedSince }: PreparedUndo) {
  return { revision, changedSince };
}

/** The paths that are in conflict again after the undo. */
function conflictsAfter({ replica: { ancestor } }: LocalContext, { record, undone }: PreparedUndo): string[] {
  const remote = ancestor.remote('lastSynced');
  const isDecision = record.kind === 'pull' || record.changes.some(changesNoFile);
  const isConflict = (change: PulledChange): boolean => {
    const { path, from } = change;
    const base = baseOf(record, change);
    const ancestorThen = base === undefined ? ancestor.entries.get(path) : (base ?? undefined);
    const found = classify(ancestorThen, from, remote.get(path));
    // A file in the place of a folder is a conflict, although each path by itself changed on one side only.
    const isInGroup = found === 'upload' || (found === 'download' && sameEntry(ancestorThen, from));
    return found === 'conflict' || (isDecision && change.base !== undefined && isInGroup);
  };
  return undone.filter(isConflict).map(({ path }) => path);
}

/** The ancestor to which an undo returns; null if there was none, undefined if the change did not move it. */
function baseOf({ kind }: PullRecord, { base, from }: PulledChange): PulledChange['base'] {
  return base === undefined && kind === 'pull' ? (from ?? null) : base;
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

/** The paths whose earlier content is neither in the backup nor in another file here. */
async function lostContent({ replica }: LocalContext, backup: string, changes: readonly Change[]): Promise<string[]> {
  const copies = await filesOf(backup);
  const wanted = changes.flatMap((change) => contentToStage(change) ?? []).filter(({ path }) => !copies.has(path));
  if (wanted.length === 0) return [];
  const here = new Set([...replica.local.observations.values()].map(({ hash }) => hash));
  return wanted.filter(({ hash }) => !here.has(hash)).map(({ path }) => path);
}

function withLostBackup(skipped: Skipped, lost: ReadonlyMap<string, LostBackup['reason']>): Skipped {
  const reason = skipped.reason === 'missing' ? lost.get(skipped.path) : undefined;
  return reason === undefined ? skipped : { ...skipped, reason };
}

interface Undo extends PreparedUndo, ApplyOptions {
  readonly staging: string;
}

/**
 * Invariant: the ancestor returns to its earlier state before the first file does. If the process is killed in between, a
 * file that is not undone yet equals the server's version, and no undone file looks like a change of this disk.
 */
async function applyUndo(
  context: LocalContext,
  { record, undone, changes, staging, hasUnsavedEdits }: Undo,
): Promise<Applied> {
  const { replica, folders } = context;
  let former: readonly AncestorSnapshot[] = [];
  return applyStaged(context, {
    changes,
    staging,
    backup: await newBackup(folders, `undone-r${record.revision}`),
    hasUnsavedEdits,
    step: 'undoing',
    record: async (write) => {
      // Invariant: the next undo continues one that was stopped, and does not undo the pull before.
      await saveRecord({ ...record, state: 'undoing' });
      if (record.kind === 'pull') await markUndone(record, undone);
      former = await runYielding(restoreBasesSteps(context, record, undone));
      await replica.save();
      return write();
    },
    onApplied: async ({ skipped }) => {
      const paths = new Set(skipped.map(({ path }) => path));
      for (const snapshot of former) if (paths.has(snapshot.path)) replica.ancestor.restore(snapshot);
      await restoreFormerRules(
        context,
        undone.filter(({ path }) => !paths.has(path)),
      );
    },
  });
}

/**
 * Sets the ancestor of each path back to its state before the pull: the server's version counts as unseen, and no push
 * replaces it. Returns the states that this has replaced.
 */
function* restoreBasesSteps(
  { replica: { ancestor, rules } }: LocalContext,
  record: PullRecord,
  undone: readonly PulledChange[],
): CooperativeTask<AncestorSnapshot[]> {
  const selection = rules.selection();
  const former: AncestorSnapshot[] = [];
  for (const [number, change] of undone.entries()) {
    if (number % stepSize === 0) yield;
    const base = baseOf(record, change);
    if (base === undefined || !selection.includes(change.path)) continue;
    former.push(ancestor.snapshot(change.path));
    ancestor.restoreBase(change.path, base);
  }
  return former;
}

/** Untracks the paths that a restore has tracked. */
async function restoreFormerRules({ replica, reporter }: LocalContext, undone: readonly PulledChange[]): Promise<void> {
  const untracked = undone.filter(({ untrackedBy }) => untrackedBy !== undefined);
  for (const { path, untrackedBy } of untracked) {
    const former = untrackedBy ? [{ path, kind: untrackedBy, effect: 'untrack' as const }] : [];
    replica.rules.restoreRules([path], former);
  }
  if (untracked.length > 0) await replica.scan({ signal: reporter.signal });
}
