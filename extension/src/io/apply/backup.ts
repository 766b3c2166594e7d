import { randomUUID } from 'node:crypto';
import {
  constants,
  copyFileSync,
  linkSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  type BigIntStats,
} from 'node:fs';
import { copyFile, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf } from '../fs/errno';
import { statsAt } from '../fs/stats';
import { utimesSeconds } from '../fs/utimes';
import { PathSkipped } from './preconditions';

/** Errors of link(2) that a copy works around. */
const linkFailures = new Set(['EXDEV', 'EPERM', 'EACCES', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);
/** Errors if the backup already has a file or a folder at the path, or a file at a folder above it. */
const pathInUse = new Set(['EEXIST', 'ENOTDIR', 'EISDIR']);

/** More folders would mean that something else is wrong. */
const maxFolders = 16;

/** By reference if the file system can: such a copy takes no time and no room until one of the two is written. */
const newCopy = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE;

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

/**
 * Saves files before they are replaced or deleted. All functions throw system errors.
 * Invariant: nothing in a backup is ever overwritten, and a finished backup has no hard link to a file elsewhere.
 */
export class Backup {
  readonly #folder: string;
  /** These must be flushed to make the backup durable. */
  readonly foldersToFlush = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Copies the file or symlink at `source` and returns the copy. With `flush`, its content is durable then. */
  async copy(source: string, path: string, stats: BigIntStats, { flush = true } = {}): Promise<string> {
    const copy = this.#newPath(path);
    if (stats.isSymbolicLink()) symlinkSync(readlinkSync(source, 'buffer'), copy);
    else await copyNew(source, copy, stats, flush);
    return copy;
  }

  /** Makes a hard link to the file at `source` and returns it; undefined if that is impossible. */
  link(source: string, path: string): string | undefined {
    const link = this.#newPath(path);
    try {
      linkSync(source, link);
      return link;
    } catch (error) {
      this.#removeEmptyFolders(link);
      if (!linkFailures.has(errnoOf(error) ?? '')) throw error;
      return undefined;
    }
  }

  /**
   * Keeps the file at `source` while `work` renames it. A kill may leave it under a temporary name, which the next sweep
   * removes. After an error, the backup remains if it is the only name of the file.
   */
  keepDuring(source: string, path: string, work: () => void): void {
    const link = this.link(source, path);
    const copy = link ?? this.#newPath(path);
    if (link === undefined) copyFileSync(source, copy, newCopy);
    try {
      work();
      this.discard(copy);
    } catch (error) {
      if (link !== undefined && statsAt(link)?.nlink !== 1n) this.discard(link);
      throw error;
    }
  }

  /** Makes the hard link at `link` a file of its own, because the original has another name or is being written. */
  detach(link: string): void {
    const copy = join(dirname(link), randomUUID());
    try {
      copyFileSync(link, copy, newCopy);
      renameSync(copy, link);
    } catch (error) {
      rmSync(copy, { force: true });
      // The link is better than nothing. Its content is verified when it is used.
      if (errnoOf(error) === undefined) throw error;
    }
  }

  /** Removes the copy of a file that was not replaced after all. */
  discard(copy: string): void {
    rmSync(copy, { force: true });
    this.#removeEmptyFolders(copy);
  }

  #newPath(path: string): string {
    let inUse: unknown;
    for (const folder of backupFolders(this.#folder)) {
      const target = join(folder, path);
      try {
        // The folder of the original may have kept others from its files.
        mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
      } catch (error) {
        if (!pathInUse.has(errnoOf(error) ?? '')) throw error;
        inUse = error;
        continue;
      }
      if (statsAt(target) !== undefined) continue;
      for (const parent of this.#foldersAbove(target)) this.foldersToFlush.add(parent);
      return target;
    }
    throw inUse ?? new PathSkipped('failed');
  }

  #removeEmptyFolders(copy: string): void {
    for (const folder of this.#foldersAbove(copy)) {
      try {
        rmdirSync(folder);
      } catch {
        return;
      }
    }
  }

  *#foldersAbove(copy: string): Generator<string, undefined> {
    for (let folder = dirname(copy); folder.length >= this.#folder.length; folder = dirname(folder)) yield folder;
  }
}

async function copyNew(source: string, copy: string, stats: BigIntStats, flush: boolean): Promise<void> {
  try {
    await copyFile(source, copy, newCopy);
    const file = await open(copy, process.platform === 'win32' ? 'r+' : 'r');
    try {
      await file.utimes(utimesSeconds(stats.mtimeNs), utimesSeconds(stats.mtimeNs));
      if (flush) await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(copy, { force: true });
    throw error;
  }
}
