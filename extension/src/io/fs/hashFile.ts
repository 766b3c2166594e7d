import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { PalmtreeError } from '../../errors';
import { errnoOf } from './errno';
import { isUnchanged } from './fileStamp';
import { readNoFollow } from './openFlags';

const bufferBytes = 1 << 20;

/**
 * Hashes the file at `path` like `hashFileSync`, but lets other code of this thread run between the pieces, and while the disk
 * does not respond. Undefined if there is no such file, it cannot be read, or it was changed meanwhile. Throws cancelled.
 */
export async function hashFile(
  path: string,
  signal?: AbortSignal,
): Promise<{ readonly hash: string; readonly stats: BigIntStats } | undefined> {
  try {
    const file = await open(path, readNoFollow);
    try {
      const stats = await file.stat({ bigint: true });
      if (!stats.isFile()) return undefined;
      const size = Number(stats.size);
      const hash = createHash('sha256');
      const buffer = new Uint8Array(Math.min(bufferBytes, size + 1));
      for (let read = 0; ;) {
        if (signal?.aborted) throw new PalmtreeError('cancelled', 'the hashing was cancelled');
        const { bytesRead } = await file.read(buffer, 0, buffer.length);
        if (bytesRead === 0) break;
        read += bytesRead;
        // A log that is written all the time would have no end.
        if (read > size) return undefined;
        hash.update(buffer.subarray(0, bytesRead));
      }
      // Read through the path, so that a file that has taken the place of the open one counts as a change.
      if (!isUnchanged(stats, await lstat(path, { bigint: true }))) return undefined;
      return { hash: hash.digest('hex'), stats };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
