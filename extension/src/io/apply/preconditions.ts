import { readdirSync, rmdirSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import type { Observation } from '../../core/observation';
import { errnoOf } from '../fs/errno';
import { sameInodeAndTimes } from '../fs/fileStamp';

/** The reason why a command left a path untouched. */
export type SkipReason =
  /** It was changed, created or deleted since the scan. */
  | 'changed'
  /** An editor has unsaved edits to it. */
  | 'unsaved'
  /** It has an active merge. */
  | 'merging'
  /** A folder with files that stay is at its path. */
  | 'occupied'
  /** A folder above it is a symlink or a file. */
  | 'blocked'
  /** A folder above it exists under another spelling, which this disk treats as the same name. */
  | 'spelling'
  /** Its disk is not mounted. */
  | 'diskMissing'
  /** Its path is invalid, or it is a symlink that points out of the workspace folder. */
  | 'unsafe'
  /** Its content was not staged. */
  | 'missing'
  /** Its content was to be restored, and the backup has no file for it. */
  | 'backupMissing'
  /** Its content was to be restored, and the file in the backup was changed. */
  | 'backupChanged'
  /** A system call failed. */
  | 'failed'
  /** It changed each time it was sent. */
  | 'busy'
  /** It has the conflict markers of an unfinished merge. */
  | 'markers'
  | 'cancelled';

/** Thrown to leave a path untouched. `ApplyState.skipAfter` catches it. */
export class PathSkipped extends Error {
  readonly reason: SkipReason;

  constructor(reason: SkipReason) {
    super(reason);
    this.reason = reason;
  }
}

/** Whether the stats show that the file or symlink was not touched since it was observed. */
export function matchesObservation(seen: Observation, stats: BigIntStats, { exceptCtime = false } = {}): boolean {
  const { dev, ino, mtimeNs } = stats;
  const kind = stats.isFile() ? 'file' : stats.isSymbolicLink() ? 'symlink' : undefined;
  return (
    seen.kind === kind &&
    sameInodeAndTimes(seen, { dev, ino, mtimeNs, ctimeNs: exceptCtime ? seen.ctimeNs : stats.ctimeNs }) &&
    (seen.kind === 'symlink' || BigInt(seen.size) === stats.size)
  );
}

/** Removes a folder that contains only empty folders. Returns false, with nothing removed, if it contains a file. */
export function removeEmptyFolder(path: string): boolean {
  if (!containsOnlyFolders(path)) return false;
  try {
    removeFolders(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

function containsOnlyFolders(path: string): boolean {
  return readdirSync(path, { withFileTypes: true }).every(
    (entry) => entry.isDirectory() && containsOnlyFolders(join(path, entry.name)),
  );
}

function removeFolders(path: string): void {
  for (const name of readdirSync(path)) removeFolders(join(path, name));
  rmdirSync(path);
}
