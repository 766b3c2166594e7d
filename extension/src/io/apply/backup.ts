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

/** Errors that say: no hard link from here to there. */
const linkRefusals = new Set(['EXDEV', 'EPERM', 'EACCES', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);
const occupiedErrnos = new Set(['EEXIST', 'ENOTDIR', 'EISDIR']);

/** So many backups may go by one name, before it is plain that something else is wrong. */
const maxFolders = 16;

/** What was kept of one path, until it is clear that it was needed. */
export interface SavedCopy {
  readonly path: string;
  /** The original file itself under a second name, rather than a copy. Linking it has moved its ctime. */
  readonly isLink: boolean;
}

/** The folders that a backup may have spread to: where a file was kept, a folder of that name has no place. */
export function backupFolders(folder: string): string[] {
  return Array.from({ length: maxFolders }, (_, index) => backupFolder(folder, index + 1));
}

function backupFolder(folder: string, copy: number): string {
  return copy === 1 ? folder : `${folder}.${copy}`;
}

/** Keeps what a pull replaces or deletes. Invariant: nothing in a backup is ever overwritten. */
export class Backup {
  readonly #folder: string;
  /** The folders that must be flushed for what was kept to be durable. */
  readonly foldersToFlush = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Keeps the file or symlink at `source` as `path`. Throws the system's error when it cannot. */
  save(source: string, path: string, stats: BigIntStats): SavedCopy {
    for (let copy = 1; ; copy++) {
      const target = join(backupFolder(this.#folder, copy), path);
      try {
        mkdirSync(dirname(target), { recursive: true });
        const isLink = saveAs(source, target, stats);
        for (let folder = dirname(target); folder.length >= this.#folder.length; folder = dirname(folder)) {
          this.foldersToFlush.add(folder);
        }
        return { path: target, isLink };
      } catch (error) {
        if (copy === maxFolders || !occupiedErrnos.has(errnoOf(error) ?? '')) throw error;
      }
    }
  }

  /** Takes back what turned out not to be replaced. */
  discard(kept: SavedCopy): void {
    unlinkSync(kept.path);
  }
}

function saveAs(source: string, target: string, stats: BigIntStats): boolean {
  if (stats.isSymbolicLink()) {
    symlinkSync(readlinkSync(source, 'buffer'), target);
    return false;
  }
  try {
    linkSync(source, target);
    return true;
  } catch (error) {
    if (!linkRefusals.has(errnoOf(error) ?? '')) throw error;
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
 * Nanoseconds as the seconds that Node takes, which are doubles: exact to some 200 ns today. An mtime alone
 * is never a change, so that what is lost is not seen as one.
 */
export function secondsOf(ns: bigint): number {
  return Number(ns / 1_000_000_000n) + Number(ns % 1_000_000_000n) / 1e9;
}
