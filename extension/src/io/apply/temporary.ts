import { randomUUID } from 'node:crypto';
import { chmodSync, linkSync, renameSync, unlinkSync, utimesSync } from 'node:fs';
import { chmod, constants, copyFile, lutimes, open, readdir, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathFault } from '../../../../server/src/contract/paths';
import type { Entry } from '../../core/entry';
import { isTemporary, temporaryName } from '../../core/temporaryName';
import { secondsOf } from './backup';
import { syncFileSystem } from '../fs/durable';
import { errnoOf } from '../fs/errno';
import { isRunning } from '../fs/processes';
import { statsAt } from '../fs/stats';
import { stagedPath } from './staging';
import { yielder } from '../threads/yielding';

const writable = 0o600;

/**
 * Completes the staged files of `entries` where they are, and flushes them all at once, which takes a fraction of the time
 * that flushing each does. Answers the paths of those that are complete and on the disk.
 */
export async function completeStaged(
  staging: string,
  entries: Iterable<Entry>,
  honoursModes: boolean,
): Promise<ReadonlySet<string>> {
  const complete = new Set<string>();
  const pause = yielder();
  for (const entry of entries) {
    const isStaged = entry.kind === 'file' && pathFault(entry.path) === undefined;
    if (isStaged && setAttributes(join(staging, entry.path), entry, honoursModes)) complete.add(entry.path);
    await pause();
  }
  return (await syncFileSystem(staging)) ? complete : new Set();
}

/** False when there is no file, or the system refuses. */
function setAttributes(file: string, { mode, mtimeNs }: Entry, honoursModes: boolean): boolean {
  try {
    if (statsAt(file)?.isFile() !== true) return false;
    chmodSync(file, honoursModes ? mode : writable);
    utimesSync(file, secondsOf(mtimeNs), secondsOf(mtimeNs));
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

/**
 * Puts what will stand at `target` beside it, complete and flushed, and answers its path; undefined when the content was
 * not staged. The staged file is used up; `isComplete`: it is as `completeStaged` leaves it.
 */
export async function prepareTemporary(
  staging: string,
  target: string,
  entry: Entry,
  { isComplete, honoursModes }: { readonly isComplete: boolean; readonly honoursModes: boolean },
): Promise<string | undefined> {
  const temporary = join(dirname(target), temporaryName(`${process.pid}-${randomUUID().slice(0, 8)}`));
  try {
    if (entry.target !== undefined) await makeLink(temporary, entry.target, entry.mtimeNs);
    else {
      const moved = await moveStaged(stagedPath(staging, entry.path), temporary, entry);
      if (moved === undefined) return undefined;
      if (moved === 'copied' || !isComplete) await completeTemporary(temporary, entry, honoursModes);
    }
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

async function moveStaged(staged: string, temporary: string, entry: Entry): Promise<'moved' | 'copied' | undefined> {
  try {
    const stats = statsAt(staged);
    if (stats?.isFile() !== true || stats.size !== BigInt(entry.size)) return undefined;
    renameSync(staged, temporary);
    return 'moved';
  } catch (error) {
    if (errnoOf(error) !== 'EXDEV') throw error;
    await copyFile(staged, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    return 'copied';
  }
}

/** Invariant: content, times and mode are on the disk before the file gets its name. */
async function completeTemporary(temporary: string, entry: Entry, honoursModes: boolean): Promise<void> {
  // What rsync or a copy of a read-only file left may not be writable, and it has to be opened to be flushed.
  await chmod(temporary, writable);
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
export function renameViaTemporary(from: string, to: string): boolean {
  const between = join(dirname(to), temporaryName(`${process.pid}-${randomUUID().slice(0, 8)}`));
  renameSync(from, between);
  if (renameIfAbsent(between, to)) return true;
  if (!renameIfAbsent(between, from)) unlinkSync(between);
  return false;
}

/** Gives the temporary file its name where nothing stands; false when something came to stand there. */
export function renameIfAbsent(temporary: string, target: string): boolean {
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
