import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { parentFolders } from '../../core/paths';
import { errnoOf } from './errno';

/**
 * Returns `open` if all parents of `path` are folders, `missing` if some do not exist, and `blocked` if one is a
 * symlink or a file. Folders in `checked` are not checked again; the others are added to it.
 */
export function checkParents(root: string, path: string, checked = new Set<string>()): 'open' | 'missing' | 'blocked' {
  const unchecked: string[] = [];
  for (const folder of parentFolders(path)) {
    if (checked.has(folder)) break;
    unchecked.push(folder);
  }
  for (const folder of unchecked.reverse()) {
    try {
      if (!lstatSync(join(root, folder)).isDirectory()) return 'blocked';
      checked.add(folder);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return 'missing';
      throw error;
    }
  }
  return 'open';
}
