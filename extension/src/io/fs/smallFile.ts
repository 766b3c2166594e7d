import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { errnoOf } from './durable';

// A pipe that took the file's place would block a plain open. Windows has neither flag.
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** The content of the file at `path`; undefined when none can be read there, or one of more than `maxBytes`. */
export async function readSmallFile(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  try {
    const file = await open(path, openFlags);
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.size > maxBytes) return undefined;
      const content = await file.readFile();
      return content.length > maxBytes ? undefined : content;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
