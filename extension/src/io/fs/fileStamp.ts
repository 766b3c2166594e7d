import { stat } from 'node:fs/promises';
import { errnoOf } from './errno';

/** Stats that change when a file is written or replaced. `size` in bytes, times in nanoseconds since the epoch. */
export interface ContentStamp {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

/** Stats that change with any change to a file or its attributes; `BigIntStats` have them. */
export interface FileStamp extends ContentStamp {
  readonly ctimeNs: bigint;
  readonly mode: bigint;
}

/** Whether both stamps are of one file whose content and attributes did not change in between. */
export function isUnchanged(before: FileStamp, after: FileStamp): boolean {
  return sameInodeAndTimes(before, after) && before.size === after.size && before.mode === after.mode;
}

/** `isUnchanged` without the ctime, which a new hard link changes. */
export function isUnchangedExceptCtime(before: FileStamp, after: FileStamp): boolean {
  return isContentUnchanged(before, after) && before.mode === after.mode;
}

/** Whether both stamps are of one file that was not written in between. Undefined means that no file exists. */
export function isContentUnchanged(before: ContentStamp | undefined, after: ContentStamp | undefined): boolean {
  if (before === undefined || after === undefined) return before === after;
  return (
    before.ino === after.ino &&
    before.dev === after.dev &&
    before.size === after.size &&
    before.mtimeNs === after.mtimeNs
  );
}

/**
 * Whether both stamps have the same inode and times. Size and mode are left to the callers: an observed symlink has the
 * size of its target, and a file system without modes shows none.
 */
export function sameInodeAndTimes(
  a: Pick<FileStamp, 'dev' | 'ino' | 'mtimeNs' | 'ctimeNs'>,
  b: Pick<FileStamp, 'dev' | 'ino' | 'mtimeNs' | 'ctimeNs'>,
): boolean {
  return a.ino === b.ino && a.dev === b.dev && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

/** The stamp of the file at `path`, through symlinks; undefined if it does not exist. */
export async function contentStampAt(path: string): Promise<ContentStamp | undefined> {
  try {
    return contentStampOf(await stat(path, { bigint: true }));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Copies the stamp out of `stats`, so that it can be kept or sent to another thread. */
export function contentStampOf({ dev, ino, size, mtimeNs }: ContentStamp): ContentStamp {
  return { dev, ino, size, mtimeNs };
}
