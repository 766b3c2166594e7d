import { linkSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sameStamp, stampFrom, type FileStamp } from './fileStamp';

/**
 * Moves the damaged file `object` into `folder`, and returns its new name there. Returns undefined if the file is not the
 * one that `stamp` was taken from: a push has replaced or removed it. Nothing in `folder` is replaced.
 */
export function quarantine(object: string, stamp: FileStamp, folder: string): string | undefined {
  if (!isStill(object, stamp)) return undefined;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const name = freeName(folder, basename(object));
  const moved = join(folder, name);
  renameSync(object, moved);
  if (lstatSync(moved, { bigint: true }).ino === stamp.ino) return name;
  putBack(moved, object);
  return undefined;
}

function isStill(object: string, stamp: FileStamp): boolean {
  const stats = lstatSync(object, { bigint: true, throwIfNoEntry: false });
  return stats !== undefined && sameStamp(stamp, stampFrom(stats));
}

/** Another process has replaced the object between the check and the move. */
function putBack(moved: string, object: string): void {
  try {
    linkSync(moved, object);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  rmSync(moved);
}

function freeName(folder: string, name: string): string {
  let free = name;
  for (let number = 2; lstatSync(join(folder, free), { throwIfNoEntry: false }) !== undefined; number++) {
    free = `${name}.${number}`;
  }
  return free;
}
