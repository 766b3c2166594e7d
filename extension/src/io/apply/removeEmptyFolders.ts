import { rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { parentFolders } from '../../core/paths';
import { checkParents } from '../fs/checkParents';

/** Removes `folder` in `root` if it is empty, and then the folders above it that are empty, up to one that `isKept`. */
export function removeEmptyFolders(root: string, folder: string, isKept: (folder: string) => boolean): void {
  for (const path of [folder, ...parentFolders(folder)]) {
    if (path === '' || isKept(path) || checkParents(root, path) !== 'open') return;
    try {
      // Fails if the folder is not empty, or has been replaced by a symlink.
      rmdirSync(join(root, path));
    } catch {
      return;
    }
  }
}
