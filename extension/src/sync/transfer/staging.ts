import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { TooLong } from '../../core/reconcile/dropTooLongPaths';
import { moveTo } from '../../io/fs/files';
import { createFolder, listNames, moveMissing, removeAll } from '../../io/fs/folders';
import { isTooLong } from '../../io/fs/disk/pathLimits';
import type { LocalContext, StorageFolders } from '../replica/commandContext';
import { isResumable } from './isResumable';

/** Staged files have their final modes, and the workspace folder may be closed to other users. */
const privateMode = 0o700;

type StagingFolder = Pick<StorageFolders, 'staging'>;

/** The folder with what an interrupted download has received. It need not exist. */
export function interruptedIn({ staging }: StagingFolder): string {
  return join(staging, 'interrupted');
}

/** Returns the test for paths that are too long for `root`, or for the folder that `withStaging` creates. */
export function tooLongTest(root: string, { staging }: StagingFolder): TooLong {
  const folder = join(staging, randomUUID());
  return (path) => {
    if (isTooLong(root, path)) return 'path-too-long-here';
    return isTooLong(folder, path) ? 'path-too-long-to-stage' : undefined;
  };
}

/** Calls `work` with an empty staging folder, and removes the folder afterwards. */
export async function withStaging<T>(folders: StagingFolder, work: (folder: string) => Promise<T>): Promise<T> {
  await setAsideKilled(folders);
  const folder = join(folders.staging, randomUUID());
  try {
    await createFolder(folder, privateMode);
    return await work(folder);
  } finally {
    await removeAll(folder);
  }
}

export interface DownloadOptions {
  /** The command downloads all that is missing here, so that nothing of an earlier one is needed after it. */
  readonly isComplete?: boolean;
}

/**
 * `withStaging` for a command that downloads. If its connection is lost or the window is closed, what it has received is
 * kept for the next such command that needs it, see `interruptedIn`, until a command that `isComplete` has succeeded.
 */
export function withDownloads<T>(
  { folders, reporter }: Pick<LocalContext, 'folders' | 'reporter'>,
  work: (folder: string) => Promise<T>,
  { isComplete = false }: DownloadOptions = {},
): Promise<T> {
  return withStaging(folders, async (folder) => {
    try {
      const result = await work(folder);
      if (isComplete) await removeAll(interruptedIn(folders));
      return result;
    } catch (error) {
      if (isResumable(error, reporter.signal)) await setAside(folder, folders);
      throw error;
    }
  });
}

/** A killed command leaves its folder. No other command is running, since it would have the lock of the store. */
async function setAsideKilled(folders: StagingFolder): Promise<void> {
  for (const name of await listNames(folders.staging)) {
    const folder = join(folders.staging, name);
    if (folder !== interruptedIn(folders)) await setAside(folder, folders);
  }
}

/** Files that earlier commands received stay, except for the same paths. */
async function setAside(folder: string, folders: StagingFolder): Promise<void> {
  const interrupted = interruptedIn(folders);
  await moveMissing(interrupted, folder);
  await removeAll(interrupted);
  await moveTo(folder, interrupted);
}
