import { open, readlink, type FileHandle } from 'node:fs/promises';
import { errnoOf, isNotFound } from './errno';
import { readNoFollow } from './openFlags';

/**
 * The content of the file at `path`, or the target of the link there; undefined if there is neither, but nothing or a pipe.
 * At most `maxBytes` + 1 bytes are read: a content of that length is the start of a larger one.
 */
export async function contentAt(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  try {
    return Buffer.from(await readlink(path));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    if (errnoOf(error) !== 'EINVAL' && errnoOf(error) !== 'UNKNOWN') throw error;
  }
  const file = await open(path, readNoFollow);
  try {
    const stats = await file.stat();
    return stats.isFile() ? await startOf(file, Math.min(stats.size, maxBytes + 1)) : undefined;
  } finally {
    await file.close();
  }
}

/** The first `length` bytes, or fewer if the file was cut off meanwhile. */
async function startOf(file: FileHandle, length: number): Promise<Uint8Array> {
  const content = new Uint8Array(length);
  let filled = 0;
  for (let read = -1; read !== 0 && filled < length; filled += read) {
    read = (await file.read(content, filled, length - filled, filled)).bytesRead;
  }
  return content.subarray(0, filled);
}
