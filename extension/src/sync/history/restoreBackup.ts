import { join } from 'node:path';
import type { Change } from '../../core/change';
import { entryWith, sameEntry, type Entry } from '../../core/entry';
import { PalmtreeError } from '../../errors';
import { fillFromBackup } from '../../io/apply/staging';
import type { Skipped } from '../../io/apply/applyState';
import { hashFile } from '../../io/fs/hashFile';
import { readableStatsAt } from '../../io/fs/stats';
import { observe } from '../../io/scan/inspection/observe';
import { recordPull } from '../pull/pullRecord';
import type { LocalContext } from '../replica/commandContext';
import type { Replica } from '../replica/replica';
import { applyStaged, type ApplyOptions } from '../transfer/applyStaged';
import { filesOf, newBackup } from '../transfer/backups';
import { contentToStage } from '../transfer/stage';
import { withStaging } from '../transfer/staging';
import { observeUntracked, restoreOrigin, withBase } from './restoreRecord';

export interface BackupRestoreRequest {
  /** The name of the backup. */
  readonly name: string;
  /** The paths of files in it. */
  readonly paths: readonly string[];
}

/** The effect of restoring files from a backup. */
export interface BackupRestorePlan {
  readonly replaced: readonly string[];
  readonly created: readonly string[];
}

export interface BackupRestoreResult {
  readonly written: readonly string[];
  /** Paths that were not written, with the reason. */
  readonly skipped: readonly Skipped[];
  /** The backup of the replaced files; it does not exist if none was replaced. `undoPull` uses it to undo the restore. */
  readonly backup: string;
}

/** Returns what `restoreBackup` would do. Throws backup_gone. */
export async function planBackupRestore(
  context: LocalContext,
  request: BackupRestoreRequest,
): Promise<BackupRestorePlan> {
  return withPlannedChanges(context, request, (changes) => {
    const isCreated = ({ from }: Change): boolean => from === undefined;
    return Promise.resolve({
      replaced: changes.filter((change) => !isCreated(change)).map(({ path }) => path),
      created: changes.filter(isCreated).map(({ path }) => path),
    });
  });
}

/**
 * Restores files as a backup has them, with a backup of the files that they replace. The result is a change of this disk,
 * to be reviewed and pushed. Untracked paths remain untracked. Throws backup_gone.
 */
export async function restoreBackup(
  context: LocalContext,
  request: BackupRestoreRequest,
  { hasUnsavedEdits }: ApplyOptions = {},
): Promise<BackupRestoreResult> {
  const { replica, folders, reporter } = context;
  return withPlannedChanges(context, request, async (changes) => {
    const backup = await newBackup(folders, 'restored');
    const source = join(folders.backups, request.name);
    const lost = new Map<string, Skipped['reason']>();
    const { written, skipped } = await withStaging(folders, async (staging) => {
      const wanted = changes.flatMap((change) => contentToStage(change) ?? []);
      for (const { entry, reason } of await fillFromBackup(source, staging, wanted, reporter.signal)) {
        lost.set(entry.path, reason);
      }
      const recorded = changes.map((change) => withBase(replica, change));
      return applyStaged(context, {
        changes,
        staging,
        backup,
        hasUnsavedEdits,
        record: (write) => recordPull({ ...restoreOrigin(replica), changes: recorded, backup }, write),
        onApplied: (result) => {
          // Invariant: a restored file is in conflict with the server's unapplied version, until the user decides.
          for (const entry of result.written) replica.ancestor.conflictWithUnapplied(entry);
        },
      });
    });
    return {
      written: written.map(({ path }) => path).sort(),
      skipped: skipped.map((one) => ({ ...one, reason: lost.get(one.path) ?? one.reason })),
      backup,
    };
  });
}

/** Calls `work` with the changes that restore the files. */
async function withPlannedChanges<T>(
  { replica, folders, reporter }: LocalContext,
  { name, paths }: BackupRestoreRequest,
  work: (changes: readonly Change[]) => Promise<T>,
): Promise<T> {
  reporter.step({ kind: 'scanning' });
  await replica.scan({ signal: reporter.signal });
  const copies = await filesOf(join(folders.backups, name));
  const selection = replica.rules.selection();
  const untracked = new Set(paths.filter((path) => !selection.includes(path)));
  await observeUntracked(replica, [...untracked]);
  try {
    const changes: Change[] = [];
    for (const path of paths) {
      const to = await backedUpEntry(replica, path, copies.get(path), reporter.signal);
      const from = replica.local.observations.get(path);
      if (!sameEntry(from, to)) changes.push({ path, from, to });
    }
    return await work(changes);
  } finally {
    replica.local.removeUnscanned(untracked);
  }
}

/** Throws backup_gone if the backup has no file of `path`. */
async function backedUpEntry(
  replica: Replica,
  path: string,
  copy: string | undefined,
  signal: AbortSignal,
): Promise<Entry> {
  if (copy !== undefined && readableStatsAt(copy)?.isSymbolicLink() === true) {
    // A symlink has no content to hash. `copy` is `path` below a folder of the backup.
    const link = observe(copy.slice(0, -path.length), path);
    if (link !== undefined) return entryWith(link);
  }
  const hashed = copy === undefined ? undefined : await hashFile(copy, signal);
  if (hashed === undefined) {
    throw new PalmtreeError('backup_gone', `no backup of ${path}`, { details: { paths: [path] } });
  }
  const { size, mtimeNs, mode } = hashed.stats;
  const keptOrStored = keptMode(replica, path) ?? Number(mode & 0o777n);
  return { path, kind: 'file', size: Number(size), mtimeNs, mode: keptOrStored, hash: hashed.hash };
}

/** The mode that a file keeps on a disk that does not store modes. */
function keptMode({ local, ancestor }: Replica, path: string): number | undefined {
  if (local.keepsModes(path)) return undefined;
  return (local.observations.get(path) ?? ancestor.entries.get(path))?.mode;
}
