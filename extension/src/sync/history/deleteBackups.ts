import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { errnoOf } from '../../io/fs/errno';
import { moveTo } from '../../io/fs/files';
import { listNames, removeAll } from '../../io/fs/folders';
import { isDeletionMark, isRecord, markDeleted } from '../pull/pullRecord';
import type { StorageFolders } from '../replica/commandContext';
import { storedBackups, type StoredBackup } from '../transfer/backups';

type BackupsFolder = Pick<StorageFolders, 'backups'>;

const trashPrefix = '.trash-';

/**
 * Deletes backups and their records. This only renames them, which takes no time; `emptyTrash` frees their disk space. The
 * caller has the lock of the store.
 * Invariant: an undo stops at a pull whose backup was deleted. It does not go on to the pull before.
 */
export async function deleteBackups(folders: BackupsFolder, names: ReadonlySet<string>): Promise<void> {
  const trash = join(folders.backups, trashPrefix + randomUUID());
  for (const { name, parts } of await storedBackups(folders)) {
    if (!names.has(name)) continue;
    if (parts.some(isRecord)) await markDeleted(join(folders.backups, name));
    const deleted = parts.filter((part) => !isDeletionMark(part));
    // Records last: without its files, a pull can still be undone as far as it only added files.
    for (const part of deleted.sort((a, b) => Number(isRecord(a)) - Number(isRecord(b)))) {
      await ignoringSystemErrors(() => moveTo(join(folders.backups, part), join(trash, part)));
    }
  }
  await removeOldestMarks(folders);
}

/** Frees the disk space of deleted backups, including those that a killed window had deleted. */
export async function emptyTrash({ backups }: BackupsFolder): Promise<void> {
  for (const name of await listNames(backups)) {
    if (name.startsWith(trashPrefix)) await ignoringSystemErrors(() => removeAll(join(backups, name)));
  }
}

/** Whether only the mark of its deletion is left of a backup. */
export function hasOnlyDeletionMark({ parts }: StoredBackup): boolean {
  return parts.every(isDeletionMark);
}

/** Removes the marks that are older than all records: they no longer keep an undo from an earlier pull. */
async function removeOldestMarks(folders: BackupsFolder): Promise<void> {
  for (const { parts } of (await storedBackups(folders)).reverse()) {
    if (parts.some(isRecord)) return;
    for (const mark of parts.filter(isDeletionMark)) {
      await ignoringSystemErrors(() => removeAll(join(folders.backups, mark)));
    }
  }
}

/** Ignores that another program has a file open, or has removed it. The next deletion tries again. */
async function ignoringSystemErrors(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}
