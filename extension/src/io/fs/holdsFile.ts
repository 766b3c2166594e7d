import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from './errno';

/**
 * Whether a file that `matches` stands in `folder` of `root`, at any depth. Looks no further than the first,
 * and not into what is `leftOut`.
 */
export async function holdsFile(
  root: string,
  folder: string,
  matches: (path: string) => boolean,
  leftOut: (path: string) => boolean,
): Promise<boolean> {
  let entries;
  try {
    entries = await readdir(join(root, folder), { withFileTypes: true });
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
  for (const entry of entries) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (leftOut(path)) continue;
    if (entry.isDirectory() ? await holdsFile(root, path, matches, leftOut) : matches(path)) return true;
  }
  return false;
}
