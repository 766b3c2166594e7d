import { rmdirSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Change } from '../../core/change';
import { parentFolders } from '../../core/paths';
import { replaceTarget } from './replaceTarget';
import { checkTarget, rehashRacy, requireTarget } from './targetCheck';
import type { ApplyState } from './applyState';

/** Deletes files and symlinks after backing them up. */
export async function deleteFiles(state: ApplyState, deletions: readonly Change[]): Promise<void> {
  for (const { path } of deletions) {
    if (state.isCancelled) {
      state.skip(path, 'cancelled');
      continue;
    }
    try {
      await deleteFile(state, path);
    } catch (error) {
      state.skipAfter(error, path);
    }
    await state.pause();
  }
}

async function deleteFile(state: ApplyState, path: string): Promise<void> {
  const target = join(state.root, path);
  await rehashRacy(state, path);
  if (checkTarget(state, path) !== undefined) {
    const check = () => requireTarget(state, path);
    await replaceTarget(state, { path, check, replace: () => unlinkSync(target) });
    state.changedFolders.add(dirname(target));
  }
  state.result.removed.push(path);
}

/** Removes folders that deletions and renames have emptied. */
export function removeEmptiedFolders({ root, request, result, changedFolders }: ApplyState): void {
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
