import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { canFlushFileSystem, flushFile, flushFileSystem } from '../fs/durable';
import { errnoOf } from '../fs/errno';
import { statsAt } from '../fs/stats';
import { inParallel } from '../threads/inParallel';
import { yielder } from '../threads/yielding';
import { matchesObservation, PathSkipped } from './preconditions';
import { checkAccess } from './targetCheck';
import { maxSingleFlushes, type BackupCopy, type ApplyState } from './applyState';

const parallelCopies = 4;

/**
 * Copies into the backup the files at `paths` that must be copied, and flushes many at once. Leaves out files that will
 * be skipped or that cannot be copied now: `replaceTarget` checks each again, and tries again to copy it.
 */
export async function copyTargets(state: ApplyState, paths: Iterable<string>): Promise<void> {
  const targets = await findTargets(state, paths);
  const flush = targets.length <= maxSingleFlushes;
  const copies: BackupCopy[] = [];
  await inParallel(targets, parallelCopies, async ({ path, stats }) => {
    if (state.isCancelled) return;
    try {
      const copy = await copyTarget(state, path, stats, { flush });
      state.copies.set(path, copy);
      copies.push(copy);
    } catch (error) {
      if (errnoOf(error) === undefined && !(error instanceof PathSkipped)) throw error;
    }
  });
  if (!flush) await flushCopies(copies);
  state.checkedFolders.clear();
}

/** Copies the file or symlink at `path`, which has `stats`. Throws system errors. */
export async function copyTarget(
  { root, backup }: ApplyState,
  path: string,
  stats: BigIntStats,
  options?: { readonly flush: boolean },
): Promise<BackupCopy> {
  return { copyPath: await backup.copy(join(root, path), path, stats, options), stats };
}

/**
 * Whether the replaced file itself may become the backup, which takes no room. A program that has it open may still
 * write to it. So it must have no other name, and the server must have its content: a content that exists nowhere else
 * is copied.
 */
export function canKeepInode({ request }: ApplyState, path: string, stats: BigIntStats): boolean {
  return stats.isFile() && stats.nlink === 1n && request.isOnServer?.(path) === true;
}

interface Target {
  readonly path: string;
  readonly stats: BigIntStats;
}

async function findTargets(state: ApplyState, paths: Iterable<string>): Promise<Target[]> {
  const targets: Target[] = [];
  const pause = yielder();
  for (const path of paths) {
    const stats = unchangedFileAt(state, path);
    if (stats !== undefined && !canKeepInode(state, path, stats)) targets.push({ path, stats });
    await pause();
    // Other code may have run and replaced a folder.
    state.checkedFolders.clear();
  }
  return targets;
}

function unchangedFileAt(state: ApplyState, path: string): BigIntStats | undefined {
  try {
    checkAccess(state, path);
    const stats = statsAt(join(state.root, path));
    const seen = state.request.observations.get(path);
    return stats?.isFile() === true && seen !== undefined && matchesObservation(seen, stats) ? stats : undefined;
  } catch (error) {
    if (errnoOf(error) === undefined && !(error instanceof PathSkipped)) throw error;
    return undefined;
  }
}

async function flushCopies(copies: readonly BackupCopy[]): Promise<void> {
  const [first] = copies;
  if (first === undefined) return;
  if (canFlushFileSystem(first.copyPath) && (await flushFileSystem(first.copyPath))) return;
  await inParallel(copies, parallelCopies, ({ copyPath }) => flushFile(copyPath));
}
