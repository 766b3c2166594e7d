import { randomUUID } from 'node:crypto';
import {
  chmod,
  constants,
  copyFile,
  lstat,
  lutimes,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { linkSync, renameSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Entry } from '../engine/entry';
import { isTemporary, temporaryName } from '../engine/temporaryName';
import { secondsOf } from './backup';
import { errnoOf } from './durable';
import { isRunning } from './processes';
import { stagedPath } from './staging';

/**
 * Puts what will stand at `target` beside it, complete and flushed, and answers its path; undefined when the
 * content was not staged. The staged file is used up.
 */
export async function prepare(
  staging: string,
  target: string,
  entry: Entry,
  honoursModes: boolean,
): Promise<string | undefined> {
  const folder = dirname(target);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, temporaryName(`${process.pid}-${randomUUID().slice(0, 8)}`));
  try {
    if (entry.target !== undefined) await makeLink(temporary, entry.target, entry.mtimeNs);
    else if (await moveStaged(stagedPath(staging, entry.path), temporary, entry)) {
      await complete(temporary, entry, honoursModes);
    } else return undefined;
    return temporary;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function makeLink(path: string, target: string, mtimeNs: bigint): Promise<void> {
  await symlink(target, path);
  // Not all file systems keep the times of a link; they are no part of what it is.
  await lutimes(path, secondsOf(mtimeNs), secondsOf(mtimeNs)).catch(() => undefined);
}

async function moveStaged(staged: string, temporary: string, entry: Entry): Promise<boolean> {
  try {
    const stats = await lstat(staged);
    if (!stats.isFile() || stats.size !== entry.size) return false;
    await rename(staged, temporary);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    if (errnoOf(error) !== 'EXDEV') throw error;
    await copyFile(staged, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  }
  // What rsync or a copy of a read-only file left may not be writable, and it has to be opened to be flushed.
  await chmod(temporary, 0o600);
  return true;
}

/** Invariant: content, times and mode are on the disk before the file gets its name. */
async function complete(temporary: string, entry: Entry, honoursModes: boolean): Promise<void> {
  const file = await open(temporary, 'r+');
  try {
    if (honoursModes) await file.chmod(entry.mode);
    await file.utimes(secondsOf(entry.mtimeNs), secondsOf(entry.mtimeNs));
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Removes from `folder` what processes left there that were killed. */
export async function sweepTemporaries(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = isTemporary(name) ? /-(\d+)-/.exec(name)?.[1] : undefined;
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(folder, name), { force: true });
  }
}

/** Gives the temporary file its name in the place of what stands there. */
export function replace(temporary: string, target: string): void {
  renameSync(temporary, target);
}

/** Renames by way of a temporary name; false when something else took the new one. What is then left is `from`. */
export function respell(from: string, to: string): boolean {
  const between = join(dirname(to), temporaryName(`${process.pid}-${randomUUID().slice(0, 8)}`));
  renameSync(from, between);
  if (place(between, to)) return true;
  if (!place(between, from)) unlinkSync(between);
  return false;
}

/** Gives the temporary file its name where nothing stands; false when something came to stand there. */
export function place(temporary: string, target: string): boolean {
  try {
    linkSync(temporary, target);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    // No hard links here: the look just before is what there is.
    renameSync(temporary, target);
    return true;
  }
  unlinkSync(temporary);
  return true;
}
