import { join, sep } from 'node:path';
import { isPalmtreeError } from '../../errors';
import { errnoOf } from '../../io/fs/errno';
import { diskUsage } from '../../io/apply/diskUsage';
import { defaultBackupLimits, surplusBackups, type BackupLimits } from '../history/backupLimits';
import { deleteBackups, emptyTrash, hasOnlyDeletionMark } from '../history/deleteBackups';
import {
  planBackupRestore,
  restoreBackup,
  type BackupRestorePlan,
  type BackupRestoreRequest,
  type BackupRestoreResult,
} from '../history/restoreBackup';
import { copiesInUse } from '../conflicts/recordedMerges';
import type { Reporter } from '../ports/serverBinding';
import { isRecord } from '../pull/pullRecord';
import type { LocalContext, StorageFolders } from '../replica/commandContext';
import type { ApplyOptions } from '../transfer/applyStaged';
import { listBackups, storedBackups, type BackedUpFiles, type StoredBackup } from '../transfer/backups';
import type { OperationQueue } from './operationQueue';
import { settledWithin } from '../../io/threads/settledWithin';

/** The time, in milliseconds, for which a closing window waits for deletions. The next window goes on with them. */
const closingMs = 2_000;

export interface FolderBackupsDeps {
  readonly folders: Pick<StorageFolders, 'backups' | 'merges'>;
  readonly operations: OperationQueue;
  /** Runs a command that changes the workspace folder, and shows its progress. */
  readonly run: <T>(reporter: Reporter, command: (context: LocalContext) => Promise<T>) => Promise<T>;
  readonly limits: (() => BackupLimits) | undefined;
  readonly onDefect: (error: unknown) => void;
}

export interface ListedBackup extends BackedUpFiles {
  /** Its size on the disk, including its record. */
  readonly bytes: number;
  /** An active merge needs it, so it cannot be deleted. */
  readonly isInUse: boolean;
}

/** The backups of one folder. Keeps them within their limits. */
export class FolderBackups {
  readonly #deps: FolderBackupsDeps;
  /** The sizes of complete backups, which do not change. */
  readonly #sizes = new Map<string, number>();
  #isPruningDue = false;
  #pruning: Promise<void> | undefined;

  constructor(deps: FolderBackupsDeps) {
    this.#deps = deps;
  }

  /** The backups with files in them, newest first. */
  async list(): Promise<ListedBackup[]> {
    const listed: ListedBackup[] = [];
    const isInUse = await this.#useOfMerges();
    for (const backup of await listBackups(this.#deps.folders)) {
      listed.push({ ...backup, bytes: await this.#measure(backup), isInUse: isInUse(backup) });
    }
    return listed;
  }

  /** Returns what `restore` would do. Throws backup_gone. */
  planRestore(reporter: Reporter, request: BackupRestoreRequest): Promise<BackupRestorePlan> {
    return this.#deps.run(reporter, (context) => planBackupRestore(context, request));
  }

  /** Works without a server. Throws backup_gone. */
  restore(reporter: Reporter, request: BackupRestoreRequest, options?: ApplyOptions): Promise<BackupRestoreResult> {
    return this.#deps.run(reporter, (context) => restoreBackup(context, request, options));
  }

  /** Deletes backups. The pulls that made them cannot be undone any more. */
  async delete(names: ReadonlySet<string>): Promise<void> {
    const { operations, folders } = this.#deps;
    await operations.inTurn(() => operations.exclusively(() => deleteBackups(folders, names)));
    await emptyTrash(folders);
  }

  /** Deletes the backups beyond the limits, in the background. */
  prune(): void {
    this.#isPruningDue = true;
    this.#pruning ??= this.#pruneWhileDue().finally(() => (this.#pruning = undefined));
  }

  /** Resolves when no backups are being deleted, or soon if the storage does not respond. */
  async idle(): Promise<void> {
    if (this.#pruning !== undefined) await settledWithin(this.#pruning, closingMs);
  }

  async #pruneWhileDue(): Promise<void> {
    const { operations, folders, onDefect } = this.#deps;
    try {
      while (this.#isPruningDue && !operations.lifetime.aborted) {
        this.#isPruningDue = false;
        // Measures the sizes before taking the turn, because commands have to wait during it.
        if ((await this.#surplus()).size > 0) {
          const deleteSurplus = async () => deleteBackups(folders, await this.#surplus());
          await operations.inTurn(() => operations.exclusively(deleteSurplus));
        }
        await emptyTrash(folders);
      }
    } catch (error) {
      // The folder is being closed, another window keeps the lock for long, or the disk fails: the next command prunes again.
      if (!isPalmtreeError(error) && errnoOf(error) === undefined) onDefect(error);
    }
  }

  async #surplus(): Promise<ReadonlySet<string>> {
    const { folders, operations, limits } = this.#deps;
    const stored = (await storedBackups(folders)).filter((backup) => !hasOnlyDeletionMark(backup));
    const isInUse = await this.#useOfMerges();
    const measured = [];
    for (const [index, backup] of stored.entries()) {
      if (operations.lifetime.aborted) return new Set();
      // The newest one may not be complete yet.
      const bytes = await this.#measure(backup, index > 0);
      const { name, at, parts } = backup;
      measured.push({ name, at, bytes, hasRecord: parts.some(isRecord), isInUse: isInUse(backup) });
    }
    return surplusBackups(measured, limits?.() ?? defaultBackupLimits, new Date());
  }

  async #measure({ name, parts }: StoredBackup, isComplete = false): Promise<number> {
    const known = this.#sizes.get(name);
    if (known !== undefined) return known;
    let bytes = 0;
    for (const part of parts) bytes += await diskUsage(join(this.#deps.folders.backups, part));
    if (isComplete) this.#sizes.set(name, bytes);
    return bytes;
  }

  /** Whether an active merge needs a backup. Every process of the folder may have begun one. */
  async #useOfMerges(): Promise<(backup: StoredBackup) => boolean> {
    const { folders } = this.#deps;
    const copies = await copiesInUse(folders);
    return ({ name }) => copies.some((copy) => copy.startsWith(join(folders.backups, name) + sep));
  }
}
