import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  futimesSync,
  linkSync,
  mkdirSync,
  openSync,
  readlinkSync,
  symlinkSync,
  unlinkSync,
  type BigIntStats,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf } from '../fs/errno';

/** Errors of link(2) that a copy works around. */
const noHardLink = new Set(['EXDEV', 'EPERM', 'EACCES', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);
/** Errors if the backup already has a file or a folder at the path, or a file at a folder above it. */
const pathInUse = new Set(['EEXIST', 'ENOTDIR', 'EISDIR']);

/** More folders would mean that something else is wrong. */
const maxFolders = 16;

export interface SavedCopy {
  readonly path: string;
  /** Whether it is a hard link to the original, whose ctime the linking has changed. */
  readonly isHardLink: boolean;
}

/**
 * All folders that a backup in `folder` can consist of. The backup continues in the next folder when a path is in use,
 * for example by a file that was saved where a folder is needed now.
 */
export function backupFolders(folder: string): string[] {
  return Array.from({ length: maxFolders }, (_, index) => numberedFolder(folder, index + 1));
}

function numberedFolder(folder: string, number: number): string {
  return number === 1 ? folder : `${folder}.${number}`;
}

/** Saves files before they are replaced or deleted. Invariant: nothing in a backup is ever overwritten. */
export class Backup {
  readonly #folder: string;
  /** These must be flushed to make the backup durable. */
  readonly foldersToFlush = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Saves the file or symlink at `source` as `path`. Throws system errors. */
  save(source: string, path: string, stats: BigIntStats): SavedCopy {
    for (let number = 1; ; number++) {
      const target = join(numberedFolder(this.#folder, number), path);
      try {
        mkdirSync(dirname(target), { recursive: true });
        const isHardLink = linkOrCopy(source, target, stats);
        for (let folder = dirname(target); folder.length >= this.#folder.length; folder = dirname(folder)) {
          this.foldersToFlush.add(folder);
        }
        return { path: target, isHardLink };
      } catch (error) {
        if (number === maxFolders || !pathInUse.has(errnoOf(error) ?? '')) throw error;
      }
    }
  }

  /** Removes the copy of a file that was not replaced after all. */
  discard(copy: SavedCopy): void {
    unlinkSync(copy.path);
  }
}

/** Returns whether it made a hard link. */
function linkOrCopy(source: string, target: string, stats: BigIntStats): boolean {
  if (stats.isSymbolicLink()) {
    symlinkSync(readlinkSync(source, 'buffer'), target);
    return false;
  }
  try {
    linkSync(source, target);
    return true;
  } catch (error) {
    if (!noHardLink.has(errnoOf(error) ?? '')) throw error;
  }
  copyDurably(source, target, stats);
  return false;
}

function copyDurably(source: string, target: string, stats: BigIntStats): void {
  copyFileSync(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  const file = openSync(target, process.platform === 'win32' ? 'r+' : 'r');
  try {
    futimesSync(file, secondsOf(stats.mtimeNs), secondsOf(stats.mtimeNs));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Converts nanoseconds to the seconds that Node's utimes takes. They are doubles, so today's times are exact to about
 * 200 ns. The loss is never taken for a change, since a different mtime alone is not a change.
 */
export function secondsOf(ns: bigint): number {
  return Number(ns / 1_000_000_000n) + Number(ns % 1_000_000_000n) / 1e9;
}
