import { readFile, readlink } from 'node:fs/promises';
import { errnoOf, isNotFound } from './errno';

/** The content of the file at `path`, or the target of the link there; undefined if nothing is there. */
export async function contentAt(path: string): Promise<Uint8Array | undefined> {
  try {
    return Buffer.from(await readlink(path));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    if (errnoOf(error) !== 'EINVAL' && errnoOf(error) !== 'UNKNOWN') throw error;
  }
  return readFile(path);
}
