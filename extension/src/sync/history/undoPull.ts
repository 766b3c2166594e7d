import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Change } from '../../core/change';
import { sameContent, type Entry } from '../../core/entry';
import { PalmtreeError } from '../../errors';
import { fillFromBackup, fillFromLocal } from '../../io/apply/staging';
import type { Skipped } from '../../io/apply/transition';
import { throwIfCancelled } from '../transfer/runTransfer';
import { applicableChanges } from '../replica/applicableChanges';
import type { PullOptions } from '../pull/pull';
import {
  pullRecords,
  saveRecord,
  checkRecord,
  type PulledChange,
  type PullRecord,
  type RecordCheck,
} from '../pull/pullRecord';
import type { Reporter } from '../ports/serverBinding';
import type { Replica } from '../replica/replica';
import { backupFolder, putInPlace, type PullFolders } from '../transfer/stage';

export interface UndoPullResult {
  /** The revision whose pull was undone. */
  readonly revision: number;
  /** Paths that are again what they were before the pull. */
  readonly restored: readonly string[];
  /** Paths that the pull had added. */
  readonly removed: readonly string[];
  /** Paths that changed since the pull, or take part no more: they stay as they are. */
  readonly changedSince: readonly string[];
  /** Paths that could not be put back, with the reason; another undo tries again. */
  readonly skipped: readonly Skipped[];
  /** The folder that keeps what the pull had brought, if anything of it was replaced or removed. */
  readonly backup: string | undefined;
}

export interface UndoPullOptions extends Pick<PullOptions, 'isUnsaved'> {
  /** The backup of the pull that is meant: another one that came since is not undone in its place. */
  readonly only?: string;
}

interface Undoable {
  readonly record: PullRecord;
  readonly standing: RecordCheck;
}

/**
 * Puts back what the last pull replaced or deleted, and removes what it added, where the disk still has what the
 * pull made of it. It is then a change of this machine, to be looked at and pushed. What is removed or replaced
 * goes to a backup of its own. The next undo is of the pull before.
 * Throws nothing_to_undo when there is no such pull, all that it did has changed since, or another is meant.
 */
export async function undoPull(
  replica: Replica,
  folders: PullFolders,
  reporter: Reporter,
  options: UndoPullOptions = {},
): Promise<UndoPullResult> {
  reporter.step({ kind: 'scanning' });
  await replica.scan({ signal: reporter.signal });
  const found = await lastUndoable(replica, folders);
  if (found === undefined) throw new PalmtreeError('nothing_to_undo', 'no pull is recorded that can be undone');
  const { record, standing } = found;
  if (options.only !== undefined && record.backup !== options.only) {
    throw new PalmtreeError('nothing_to_undo', `revision ${record.revision} was pulled since`, {
      details: { paths: record.changes.map(({ path }) => path) },
    });
  }
  const changes = applicableChanges(replica.local.observations, backwards(standing));
  const undone = new Set(changes.map(({ path }) => path));
  const unmoved = standing.untouched.map(({ path }) => path).filter((path) => !undone.has(path));
  const skipped = [...standing.changed, ...unmoved].sort();
  if (changes.length === 0 && record.state !== 'undoing') {
    throw new PalmtreeError('nothing_to_undo', `all that the pull of revision ${record.revision} did has changed`, {
      details: { paths: skipped },
    });
  }
  const staged = await stageFromBackup(replica, folders, record, changes, reporter);
  try {
    throwIfCancelled(reporter);
    reporter.step({ kind: 'undoing' });
    // Invariant: an undo that is stopped is gone on with, and never taken for one of the pull before.
    await saveRecord({ ...record, state: 'undoing' });
    const backup = backupFolder(folders, `undone-r${record.revision}`);
    const applied = await putInPlace(replica, staged, changes, backup, options.isUnsaved);
    takeMergesBack(
      replica,
      standing.untouched,
      new Set([...applied.written.map(({ path }) => path), ...applied.removed]),
    );
    await replica.save();
    // What is in no backup any more will not be there the next time either.
    const isDone = applied.skipped.every(({ reason }) => reason === 'missing');
    if (isDone) await saveRecord({ ...record, state: 'undone', changes: [] });
    return {
      revision: record.revision,
      restored: applied.written.map(({ path }) => path).sort(),
      removed: [...applied.removed].sort(),
      changedSince: skipped,
      skipped: applied.skipped,
      backup: existsSync(backup) ? backup : undefined,
    };
  } finally {
    await rm(staged.folder, { recursive: true, force: true });
  }
}

/** The pull that an undo would be of, by what is known of the disk. */
export async function lastPull(replica: Replica, folders: PullFolders): Promise<PullRecord | undefined> {
  return (await lastUndoable(replica, folders))?.record;
}

async function lastUndoable(replica: Replica, { backups }: PullFolders): Promise<Undoable | undefined> {
  const { binding } = replica;
  const selection = replica.rules.selection();
  const isSyncable = replica.planner.syncableTest();
  const standsAt = (path: string): Entry | undefined | 'unknown' =>
    isSyncable(path) && selection.includes(path) ? replica.local.observations.get(path) : 'unknown';
  for await (const record of pullRecords(backups)) {
    if (record.state === 'undone' || record.server !== binding?.server || record.tree !== binding.tree) continue;
    const standing = checkRecord(record, standsAt);
    const hasEffect = standing.untouched.length > 0 || standing.changed.length > 0;
    // All stands as it did before: the pull was killed before it began, or was taken back by hand.
    if (hasEffect || record.state === 'undoing') return { record, standing };
  }
  return undefined;
}

/**
 * Invariant: of a merge or a decision that is taken back, what the server has counts as unseen again: mine was never made of
 * that, so that it is in conflict with it, and a push does not replace it.
 */
function takeMergesBack(replica: Replica, changes: readonly PulledChange[], isBack: ReadonlySet<string>): void {
  for (const { path, base } of changes) {
    if (base !== undefined && isBack.has(path)) replica.ancestor.restoreBase(path, base);
  }
}

function backwards({ untouched }: RecordCheck): Change[] {
  return untouched.map(({ path, from, to }) => ({ path, from: to, to: from }));
}

/** What is in the backup no more, nor elsewhere here, is held back when it is to be put in place. */
async function stageFromBackup(
  replica: Replica,
  { staging }: PullFolders,
  { backup }: PullRecord,
  changes: readonly Change[],
  { signal }: Reporter,
): Promise<{ readonly folder: string; readonly downloadedBytes: number }> {
  await rm(staging, { recursive: true, force: true });
  const folder = join(staging, randomUUID());
  await mkdir(folder, { recursive: true });
  try {
    // Where only the permissions change, no content is needed.
    const needsContent = ({ from, to }: Change): boolean =>
      from === undefined || to === undefined || !sameContent(from, to);
    const wanted = changes.filter(needsContent).flatMap(({ to }) => (to === undefined ? [] : [to]));
    const missing = await fillFromBackup(backup, folder, wanted, signal);
    await fillFromLocal(replica.root, folder, missing, replica.local.observations, signal);
    return { folder, downloadedBytes: 0 };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
