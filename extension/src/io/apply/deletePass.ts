import { rmdirSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Change } from '../../core/change';
import { parentFolders } from '../../core/paths';
import { backUpTarget, checkTarget } from './targetCheck';
import type { Transition } from './transition';

/** Deletes files and symlinks after backing them up. */
export async function deleteFiles(transition: Transition, deletions: readonly Change[]): Promise<void> {
  for (const { path } of deletions) {
    if (transition.isCancelled) {
      transition.skip(path, 'cancelled');
      continue;
    }
    try {
      deleteFile(transition, path);
    } catch (error) {
      transition.skipAfter(error, path);
    }
    await transition.pause();
  }
}

function deleteFile(transition: Transition, path: string): void {
  const stats = checkTarget(transition, path);
  if (stats !== undefined) {
    const target = join(transition.root, path);
    backUpTarget(transition, path, stats);
    unlinkSync(target);
    transition.changedFolders.add(dirname(target));
  }
  transition.result.removed.push(path);
}

/** Removes folders that deletions and renames have emptied. */
export function removeEmptiedFolders({ root, request, result, changedFolders }: Transition): void {
  for (const path of result.removed) {
    for (const folder of parentFolders(path)) {
      if (request.keepsEmptyFolder?.(folder) === true) break;
      const absolute = join(root, folder);
      try {
        // Fails if the folder is not empty, or has been replaced by a symlink.
        rmdirSync(absolute);
      } catch {
        break;
      }
      changedFolders.delete(absolute);
      changedFolders.add(dirname(absolute));
    }
  }
}
