import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { isPlain } from '../../core/filenames/nameRules';
import type { Observation } from '../../core/observation';
import { hashFile } from '../fs/hashFile';
import { statsAt } from '../fs/stats';
import { checkParents } from '../fs/checkParents';
import { PathSkipped } from './preconditions';
import type { ApplyState } from './applyState';

/** Stats do not show a second change within the finest time that some file system stores. */
const racyMs = 2_000;

/** Throws PathSkipped if `path` has unsaved edits, or if a symlink or a file is above it. */
export function checkAccess({ root, request, checkedFolders }: ApplyState, path: string): void {
  if (request.hasUnsavedEdits?.(path) === true) throw new PathSkipped('unsaved');
  const { nameRules } = request;
  // Case renames change the names of folders between two checks.
  const canReuseChecks = nameRules === undefined || isPlain(nameRules);
  if (checkParents(root, path, canReuseChecks ? checkedFolders : undefined) === 'blocked') {
    throw new PathSkipped('blocked');
  }
}

/**
 * Returns the stats of the file or symlink at `path`; undefined if nothing exists there.
 * Throws PathSkipped if it does not equal its observation, or may not be touched.
 */
export function checkTarget(state: ApplyState, path: string): BigIntStats | undefined {
  checkAccess(state, path);
  const stats = statsAt(join(state.root, path));
  if (stats === undefined) return undefined;
  const seen = state.request.observations.get(path);
  if (seen !== undefined && state.matches(seen, stats) && isHashValid(state, seen, stats)) return stats;
  throw new PathSkipped('changed');
}

/** Like `checkTarget`, but also throws PathSkipped if nothing exists at `path`. */
export function requireTarget(state: ApplyState, path: string): BigIntStats {
  const stats = checkTarget(state, path);
  if (stats === undefined) throw new PathSkipped('changed');
  return stats;
}

/** Invariant: the stats of a racy file prove nothing, so its content must have been hashed again. */
function isHashValid(state: ApplyState, seen: Observation, stats: BigIntStats): boolean {
  if (!seen.racy || seen.kind === 'symlink') return true;
  const again = state.rehashed.get(seen.path);
  return again !== undefined && again.hash === seen.hash && state.isUnchanged(again.stats, stats);
}

/**
 * Hashes the file at `path` again if its observation is racy, so that `checkTarget` can judge it. Must be called right
 * before that check: if the file was changed shortly before this hashing, its new stats are racy too.
 */
export async function rehashRacy(state: ApplyState, path: string): Promise<void> {
  const { root, request, rehashed, checkedFolders } = state;
  const seen = request.observations.get(path);
  if (seen?.racy !== true || seen.kind === 'symlink' || rehashed.get(path)?.isRacy === false) return;
  const startedMs = Date.now();
  const hashed = await hashFile(join(root, path));
  // Hashing takes long enough for a folder to be replaced.
  checkedFolders.clear();
  if (hashed === undefined) rehashed.delete(path);
  else rehashed.set(path, { ...hashed, isRacy: Math.abs(startedMs - Number(hashed.stats.ctimeMs)) < racyMs });
}
