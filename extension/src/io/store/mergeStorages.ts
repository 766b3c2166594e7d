import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { isPalmtreeError } from '../../errors';
import { exists } from '../fs/files';
import { createFolder, listNames } from '../fs/folders';
import { adoptRules, mergeStates } from './mergeStates';
import { openStore, storeFileName, type StoreOptions } from './store';

/** The longest wait for a window that runs an older release and still uses its own storage. */
const otherLockMs = 2_000;

export interface MergeStoragesOptions extends Omit<StoreOptions, 'folder'> {
  readonly storage: string;
  /** The name of the folder of backups in a storage. */
  readonly backups: string;
}

/**
 * Merges the states and moves the backups of `others` into `storage`. A storage that is locked or damaged is left for the
 * next time. After a kill, a merge that was done is repeated, and then changes nothing.
 */
export async function mergeStorages(options: MergeStoragesOptions, others: readonly string[]): Promise<void> {
  const { storage, backups, ...storeOptions } = options;
  const into = await openStore({ ...storeOptions, folder: storage });
  for (const folder of others) {
    await into.exclusively(async () => {
      await into.refresh();
      const other = await openOther({ ...storeOptions, folder });
      await other?.exclusively(async () => {
        await other.refresh();
        mergeStates(into.state, other.state);
        await into.save();
        await moveBackups(join(folder, backups), join(storage, backups));
        if (exists(join(folder, storeFileName))) {
          await rename(join(folder, storeFileName), join(folder, `${storeFileName}.merged`));
        }
      });
    });
  }
}

/** Starts the state of a folder that replaced another one at its path with the rules of that one. */
export async function adoptStorage(options: MergeStoragesOptions, replaced: string): Promise<void> {
  const { storage, backups: _, ...storeOptions } = options;
  if (!exists(join(replaced, storeFileName))) return;
  const into = await openStore({ ...storeOptions, folder: storage });
  await into.exclusively(async () => {
    await into.refresh();
    const other = await openOther({ ...storeOptions, folder: replaced });
    if (other === undefined) return;
    adoptRules(into.state, other.state);
    await into.save();
  });
}

/** Undefined if the storage cannot be opened, because it is locked or damaged. */
async function openOther(options: StoreOptions) {
  try {
    return await openStore({ ...options, lockLimitMs: otherLockMs });
  } catch (error) {
    if (isPalmtreeError(error)) return undefined;
    throw error;
  }
}

/**
 * The name of a backup, or of a file beside it, in the storage that it is moved to. Its number, which orders only the
 * backups of its former storage, is dropped: without one it is older than all others, and ordered by its time.
 */
export function movedBackupName(name: string): string {
  return name.replace(/^\d+-(?=\d{4}-\d\d-\d\dT)/, '');
}

async function moveBackups(from: string, to: string): Promise<void> {
  const names = await listNames(from);
  if (names.length === 0) return;
  await createFolder(to);
  for (const name of names) {
    const moved = join(to, movedBackupName(name));
    if (!exists(moved)) await rename(join(from, name), moved);
  }
}
