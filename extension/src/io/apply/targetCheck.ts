import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { isPlain } from '../../core/filenames/nameRules';
import type { Observation } from '../../core/observation';
import { hashFile } from '../fs/hash';
import { statsAt } from '../fs/stats';
import { checkParents } from '../fs/checkParents';
import { matchesObservation, PathSkipped } from './preconditions';
import type { Transition } from './transition';

const hashBufferBytes = 1 << 20;

/** Throws PathSkipped if `path` has unsaved edits, or if a symlink or a file is above it. */
export function checkAccess({ root, request, checkedFolders }: Transition, path: string): void {
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
export function checkTarget(transition: Transition, path: string): BigIntStats | undefined {
  checkAccess(transition, path);
  const stats = statsAt(join(transition.root, path));
  if (stats === undefined) return undefined;
  const seen = transition.request.observations.get(path);
  if (seen !== undefined && matchesObservation(seen, stats) && isHashValid(transition, seen)) return stats;
  throw new PathSkipped('changed');
}

/** Like `checkTarget`, but also throws PathSkipped if nothing exists at `path`. */
export function requireTarget(transition: Transition, path: string): BigIntStats {
  const stats = checkTarget(transition, path);
  if (stats === undefined) throw new PathSkipped('changed');
  return stats;
}

/** Invariant: the stats of a racy file prove nothing, so its content is hashed again. */
function isHashValid(transition: Transition, seen: Observation): boolean {
  if (!seen.racy || seen.kind === 'symlink') return true;
  const hashed = hashFile(join(transition.root, seen.path), { buffer: new Uint8Array(hashBufferBytes) });
  // Hashing takes long enough for a folder to be replaced.
  transition.checkedFolders.clear();
  return hashed.kind === 'file' && hashed.hash === seen.hash;
}
