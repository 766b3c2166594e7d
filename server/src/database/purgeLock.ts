import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { tryLockFile, type FileLock } from './fileLock';

const pauseMs = 200;

/**
 * Keeps a purge of deleted trees and a backup, which runs in another process, from each other: the backup reads contents that
 * its copy of the database names. Returns undefined if the other one runs.
 */
export function tryLockPurges(dataFolder: string): FileLock | undefined {
  return tryLockFile(join(dataFolder, 'purge.lock'));
}

/** Runs `work` while no purge runs, and waits for one that does. Throws the signal's reason. */
export async function withoutPurges<T>(dataFolder: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    const lock = tryLockPurges(dataFolder);
    if (lock === undefined) {
      await delay(pauseMs);
      continue;
    }
    try {
      return await work();
    } finally {
      lock.release();
    }
  }
}
