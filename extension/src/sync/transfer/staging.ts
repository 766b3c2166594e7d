import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createFolder, removeAll } from '../../io/fs/folders';
import type { StorageFolders } from '../replica/commandContext';

/** Calls `work` with an empty staging folder, and removes the folder afterwards. */
export async function withStaging<T>(
  { staging }: Pick<StorageFolders, 'staging'>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  // A killed command leaves files that are of no use: each command plans anew. No other command is running, since it
  // would hold the lock of the store.
  await removeAll(staging);
  const folder = join(staging, randomUUID());
  try {
    await createFolder(folder);
    return await work(folder);
  } finally {
    await removeAll(folder);
  }
}
