import { join } from 'node:path';
import { findStorage, type FolderRequest } from './store/folderRegistry';
import { adoptStorage, mergeStorages } from './store/mergeStorages';

/** The names in the storage of a workspace folder, except those of its database. */
export const storageNames = {
  staging: 'staging',
  backups: 'backups',
  openPush: 'openPush.json',
  pendingCommit: 'pendingCommit.json',
  packs: 'packs',
  merges: 'merges.json',
} as const;

export function storagePaths(storage: string): Record<keyof typeof storageNames, string> {
  return {
    staging: join(storage, storageNames.staging),
    backups: join(storage, storageNames.backups),
    openPush: join(storage, storageNames.openPush),
    pendingCommit: join(storage, storageNames.pendingCommit),
    packs: join(storage, storageNames.packs),
    merges: join(storage, storageNames.merges),
  };
}

export interface FolderStorage {
  readonly storage: string;
  /** The storage had been deleted, and this one is new. */
  readonly isLost: boolean;
}

/**
 * Finds the storage that all windows use for a workspace folder, and merges the storages of single windows into it.
 * `dist` is the folder of the bundled scripts. Throws store_locked, store_failed, disk_full and read_only.
 */
export async function openFolderStorage(request: FolderRequest, dist: string): Promise<FolderStorage> {
  const { storage, others, replaced, isLost } = await findStorage(request);
  const options = {
    storage,
    backups: storageNames.backups,
    wasm: join(dist, 'sql-wasm.wasm'),
    script: join(dist, 'storeWorker.js'),
  };
  if (replaced !== undefined) await adoptStorage(options, replaced);
  if (others.length > 0) await mergeStorages(options, others);
  return { storage, isLost };
}
