import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { isContentUnchanged, isUnchangedExceptCtime } from '../fs/fileStamp';
import { statsAt } from '../fs/stats';
import { canKeepInode, copyTarget } from './backupPass';
import { PathSkipped } from './preconditions';
import type { BackupCopy, ApplyState } from './applyState';

export interface Replacement {
  /** The path of the file or symlink that is replaced or deleted. */
  readonly path: string;
  /** Returns the stats at `path`. Throws PathSkipped if the file may not be replaced. */
  readonly check: () => BigIntStats;
  readonly replace: () => void;
}

/**
 * Backs up the file or symlink at a path, then replaces or deletes it. Throws PathSkipped and system errors; then nothing
 * is left in the backup. Between the last check and `replace`, no other code of this process runs.
 */
export async function replaceTarget(state: ApplyState, replacement: Replacement): Promise<void> {
  const { path } = replacement;
  const copy = state.takeCopy(path);
  if (copy !== undefined) return replaceCopied(state, replacement, copy);
  if (replaceLinked(state, replacement)) return;
  const lateCopy = await copyTarget(state, path, replacement.check());
  state.checkedFolders.clear();
  replaceCopied(state, replacement, lateCopy);
}

function replaceCopied(state: ApplyState, { check, replace }: Replacement, { copyPath, stats }: BackupCopy): void {
  try {
    const now = check();
    if (!state.isUnchanged(stats, now)) throw new PathSkipped('changed');
    replace();
    state.noteUnlinked(now);
  } catch (error) {
    state.backup.discard(copyPath);
    throw error;
  }
}

/** Makes the replaced file itself the backup. Returns false, with nothing done, if that is impossible. */
function replaceLinked(state: ApplyState, { path, check, replace }: Replacement): boolean {
  const { backup, root } = state;
  const source = join(root, path);
  const stats = check();
  if (!canKeepInode(state, path, stats)) return false;
  const link = backup.link(source, path);
  if (link === undefined) return false;
  try {
    const linked = statsAt(source);
    if (linked === undefined || !isUnchangedExceptCtime(stats, linked)) throw new PathSkipped('changed');
    if (linked.nlink !== 2n) {
      // The file has just got another name, or the file system does not count names.
      backup.discard(link);
      return false;
    }
    replace();
  } catch (error) {
    backup.discard(link);
    throw error;
  }
  const kept = statsAt(link);
  if (kept?.nlink !== 1n || !isContentUnchanged(stats, kept)) backup.detach(link);
  return true;
}
