import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { TooLong } from '../../core/reconcile/dropTooLongPaths';
import { createFolder, removeAll } from '../../io/fs/folders';
import { isTooLong } from '../../io/fs/pathLimits';
import type { StorageFolders } from '../replica/commandContext';

/** Returns the test for paths that are too long for `root`, or for the folder that `withStaging` creates. */
export function tooLongTest(root: string, { staging }: Pick<StorageFolders, 'staging'>): TooLong {
  const folder = join(staging, randomUUID());
  return (path) => {
    if (isTooLong(root, path)) return 'path-too-long-here';
    return isTooLong(folder, path) ? 'path-too-long-to-stage' : undefined;
  };
}

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
