import { rmdirSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Change } from '../../core/change';
import { parentFolders } from '../../core/paths';
import { replaceTarget } from './replaceTarget';
import { checkTarget, rehashRacy, requireTarget } from './targetCheck';
import type { Transition } from './transition';

/** Deletes files and symlinks after backing them up. */
export async function deleteFiles(transition: Transition, deletions: readonly Change[]): Promise<void> {
  for (const { path } of deletions) {
    if (transition.isCancelled) {
      transition.skip(path, 'cancelled');
      continue;
    }
    try {
      await deleteFile(transition, path);
    } catch (error) {
      transition.skipAfter(error, path);
    }
    await transition.pause();
  }
}

async function deleteFile(transition: Transition, path: string): Promise<void> {
  const target = join(transition.root, path);
  await rehashRacy(transition, path);
  if (checkTarget(transition, path) !== undefined) {
    const check = () => requireTarget(transition, path);
    await replaceTarget(transition, { path, check, replace: () => unlinkSync(target) });
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
