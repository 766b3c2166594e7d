import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from './errno';

/**
 * Whether `folder` in `root` contains a file that matches, at any depth. Ignores excluded files and folders, and stops
 * at the first match. A folder that cannot be read counts as empty.
 */
export async function containsFile(
  root: string,
  folder: string,
  matches: (path: string) => boolean,
  isExcluded: (path: string) => boolean,
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
    if (isExcluded(path)) continue;
    if (entry.isDirectory() ? await containsFile(root, path, matches, isExcluded) : matches(path)) return true;
  }
  return false;
}
