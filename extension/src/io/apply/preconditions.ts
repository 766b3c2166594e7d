import { lstatSync, readdirSync, rmdirSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { parentFolders } from '../../core/paths';
import type { Observation } from '../../core/observation';
import { errnoOf } from '../fs/errno';
import { isUnchanged, isUnchangedExceptCtime, sameInodeAndTimes } from '../fs/fileStamp';

/** Why a path was left as it is. */
export type SkipReason =
  /** What stands there is not what was scanned. */
  | 'changed'
  /** An editor has unsaved edits of it. */
  | 'unsaved'
  /** A merge of it has begun in an editor. */
  | 'merging'
  /** Something that is not tracked stands where it must go. */
  | 'occupied'
  /** A folder above it is a symlink, or a file. */
  | 'blocked'
  /** A folder above it stands under another spelling, which is one name to this disk. */
  | 'spelling'
  /** Its name or the link's target leads out of the workspace folder, or cannot be. */
  | 'unsafe'
  /** Its content was not staged. */
  | 'missing'
  /** The system refused. */
  | 'failed'
  | 'cancelled';

/**
 * What the folders above `path` are: all folders, missing from some point on, or something else. `seen` are those that
 * were just looked at and were folders.
 */
export function checkParents(root: string, path: string, seen = new Set<string>()): 'open' | 'missing' | 'blocked' {
  const unseen: string[] = [];
  for (const folder of parentFolders(path)) {
    if (seen.has(folder)) break;
    unseen.push(folder);
  }
  for (const folder of unseen.reverse()) {
    try {
      if (!lstatSync(join(root, folder)).isDirectory()) return 'blocked';
      seen.add(folder);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return 'missing';
      throw error;
    }
  }
  return 'open';
}

/** Whether what stands there is untouched since it was observed. */
export function matchesObservation(seen: Observation, stats: BigIntStats): boolean {
  const kind = stats.isFile() ? 'file' : stats.isSymbolicLink() ? 'symlink' : undefined;
  return (
    seen.kind === kind &&
    sameInodeAndTimes(seen, stats) &&
    (seen.kind === 'symlink' || BigInt(seen.size) === stats.size)
  );
}

/** The same between two looks. `linked`: we gave it a second name between them, which moves its ctime. */
export function unchangedSince(before: BigIntStats, after: BigIntStats, linked: boolean): boolean {
  return linked ? isUnchangedExceptCtime(before, after) : isUnchanged(before, after);
}

/** Removes a folder that holds nothing but folders; false, and nothing removed, when it holds more. */
export function removeEmptyFolder(path: string): boolean {
  if (!holdsOnlyFolders(path)) return false;
  try {
    removeFolders(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

function holdsOnlyFolders(path: string): boolean {
  return readdirSync(path, { withFileTypes: true }).every(
    (entry) => entry.isDirectory() && holdsOnlyFolders(join(path, entry.name)),
  );
}

function removeFolders(path: string): void {
  for (const name of readdirSync(path)) removeFolders(join(path, name));
  rmdirSync(path);
}
