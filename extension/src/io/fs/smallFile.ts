import { open } from 'node:fs/promises';
import { errnoOf } from './errno';
import { readNoFollow } from './openFlags';

/** The content of the file at `path`; undefined if it cannot be read, is not a regular file or exceeds `maxBytes`. */
export async function readSmallFile(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  try {
    const file = await open(path, readNoFollow);
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
