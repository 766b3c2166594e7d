import { randomUUID } from 'node:crypto';
import { chmodSync, linkSync, renameSync, rmSync, unlinkSync, utimesSync } from 'node:fs';
import { chmod, constants, copyFile, lutimes, open, readdir, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathFault } from '../../../../server/src/contract/paths';
import type { Entry } from '../../core/entry';
import { creatorOf, temporaryName } from '../../core/temporaryName';
import { flushFileSystem } from '../fs/durable';
import { errnoOf } from '../fs/errno';
import { isRunning } from '../fs/processes';
import { statsAt } from '../fs/stats';
import { yielder } from '../threads/yielding';
import { isSetTo, utimesSeconds } from '../fs/utimes';
import type { CompleteFile } from './applyState';
import { stagedPath } from './staging';

const writableMode = 0o600;
const allModes = 0o777;

/** Temporary files that could not be removed, as in an append-only folder. */
const stuck = new Set<string>();

/**
 * Sets the modes and times of the staged files of `entries`, and flushes all of them at once, which takes a fraction of
 * the time of flushing each. Returns the files that are complete and durable, by path.
 */
export async function completeStaged(
  staging: string,
  entries: Iterable<Entry>,
  keepsModes: (path: string) => boolean,
): Promise<ReadonlyMap<string, CompleteFile>> {
  const complete = new Map<string, CompleteFile>();
  const pause = yielder();
  for (const entry of entries) {
    if (entry.kind === 'file' && pathFault(entry.path) === undefined) {
      const mode = keepsModes(entry.path) ? entry.mode : writableMode;
      const file = completeFile(join(staging, entry.path), mode, entry);
      if (file !== undefined) complete.set(entry.path, file);
    }
    await pause();
  }
  return (await flushFileSystem(staging)) ? complete : new Map();
}

/** Returns undefined if the file does not exist, has another size, or a system call fails. */
function completeFile(file: string, mode: number, { size, mtimeNs }: Entry): CompleteFile | undefined {
  try {
    const found = statsAt(file);
    if (found?.isFile() !== true || found.size !== BigInt(size)) return undefined;
    const hasMode = (Number(found.mode) & allModes) === mode;
    const hasTime = isSetTo(found.mtimeNs, mtimeNs);
    if (!hasMode) chmodSync(file, mode);
    if (!hasTime) utimesSync(file, utimesSeconds(mtimeNs), utimesSeconds(mtimeNs));
    const stats = hasMode && hasTime ? found : statsAt(file);
    return stats && { dev: stats.dev, ino: stats.ino, mtimeNs: stats.mtimeNs, ctimeNs: stats.ctimeNs };
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

/**
 * Moves the staged file of `entry` next to `target` under a temporary name, complete and flushed, or creates a symlink
 * there. Returns its path; undefined if the content was not staged. `isComplete`: `completeStaged` returned the path.
 */
export async function prepareTemporary(
  staging: string,
  target: string,
  entry: Entry,
  { isComplete, keepsModes }: { readonly isComplete: boolean; readonly keepsModes: boolean },
): Promise<string | undefined> {
  removeStuck(dirname(target));
  const temporary = temporaryPath(dirname(target));
  try {
    if (entry.target !== undefined) await makeLink(temporary, entry.target, entry.mtimeNs);
    else {
      const moved = await moveStaged(stagedPath(staging, entry.path), temporary, entry);
      if (moved === undefined) return undefined;
      if (moved === 'copied' || !isComplete) await complete(temporary, entry, keepsModes);
    }
    return temporary;
  } catch (error) {
    discardTemporary(temporary);
    throw error;
  }
}

/** Removes a temporary file. If the system refuses that, the folder gets no other one until it is gone. */
export function discardTemporary(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    stuck.add(path);
  }
}

/** Removes the temporary files in `folder` that could not be removed before. Throws the system's error if that fails again. */
function removeStuck(folder: string): void {
  for (const path of stuck) {
    if (dirname(path) !== folder) continue;
    rmSync(path, { force: true });
    stuck.delete(path);
  }
}

function temporaryPath(folder: string): string {
  return join(folder, temporaryName(process.pid, randomUUID()));
}

async function makeLink(path: string, target: string, mtimeNs: bigint): Promise<void> {
  await symlink(target, path);
  // Some file systems do not store the times of symlinks. A different mtime alone is not a change.
  await lutimes(path, utimesSeconds(mtimeNs), utimesSeconds(mtimeNs)).catch(() => undefined);
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

/** Invariant: content, times and mode are durable before the file gets its name. */
async function complete(temporary: string, entry: Entry, keepsModes: boolean): Promise<void> {
  // Flushing has to open the file, and rsync or a copy of a read-only file may leave it unwritable.
  await chmod(temporary, writableMode);
  const file = await open(temporary, 'r+');
  try {
    if (keepsModes) await file.chmod(entry.mode);
    await file.utimes(utimesSeconds(entry.mtimeNs), utimesSeconds(entry.mtimeNs));
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Removes from `folder` the temporary files of processes that no longer run, and stuck ones of this process. */
export async function sweepTemporaries(folder: string): Promise<void> {
  removeStuck(folder);
  for (const name of await readdir(folder)) {
    const pid = creatorOf(name);
    if (pid !== undefined && !isRunning(pid)) await rm(join(folder, name), { force: true });
  }
}

/**
 * Renames a file, which must be backed up, through a temporary name. Returns false if another file has taken the new
 * name meanwhile: the file is then at `from` again, or deleted if that name is taken too.
 */
export function renameViaTemporary(from: string, to: string): boolean {
  const temporary = temporaryPath(dirname(to));
  renameSync(from, temporary);
  if (renameIfAbsent(temporary, to)) return true;
  if (!renameIfAbsent(temporary, from)) unlinkSync(temporary);
  return false;
}

/** Renames `from` to `to` if nothing exists there. Returns false if something does. */
export function renameIfAbsent(from: string, to: string): boolean {
  try {
    linkSync(from, to);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    // Without hard links, the caller's check just before is the only protection.
    renameSync(from, to);
    return true;
  }
  discardTemporary(from);
  return true;
}
