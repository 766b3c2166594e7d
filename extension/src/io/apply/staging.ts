import { existsSync, lstatSync } from 'node:fs';
import { constants, copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathFault, pathFaultTexts } from '../../../../server/src/contract/paths';
import type { Entry } from '../../core/entry';
import type { Observation } from '../../core/observation';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { PalmtreeError } from '../../errors';
import { backupFolders } from './backup';
import { errnoOf, isFull } from '../fs/errno';
import { moveTo } from '../fs/files';
import { removeAll } from '../fs/folders';
import { hashFile } from '../fs/hashFile';
import { hashFileSync } from '../fs/hashSync';
import { isTooLong } from '../fs/disk/pathLimits';
import { readableStatsAt } from '../fs/stats';
import { inParallel } from '../threads/inParallel';
import { runYielding, yielder } from '../threads/yielding';

const parallelFiles = 4;
/** Larger files are read asynchronously, so that other code can run. */
const maxSmallBytes = 256 << 10;

/**
 * Returns the paths of `entries` whose file in `staging` is missing or does not have the entry's size and hash. Throws
 * cancelled, and invalid_path for a path that must not be staged.
 */
export async function verifyStaged(
  staging: string,
  entries: readonly Entry[],
  signal?: AbortSignal,
): Promise<string[]> {
  const failed: string[] = [];
  const pause = yielder();
  const buffer = new Uint8Array(maxSmallBytes + 1);
  for (const entry of files(entries).filter(isSmall)) {
    throwIfAborted(signal);
    if (!isSmallFileStaged(stagedPath(staging, entry.path), entry, buffer)) failed.push(entry.path);
    await pause();
  }
  const large = files(entries).filter((entry) => !isSmall(entry));
  await inParallel(large, parallelFiles, async (entry) => {
    if (!(await isStaged(staging, entry, signal))) failed.push(entry.path);
  });
  return failed;
}

function isSmall({ size }: Entry): boolean {
  return size <= maxSmallBytes;
}

/** Synchronous, since calls through the thread pool take ten times as long. */
function isSmallFileStaged(file: string, { hash, size }: Entry, buffer: Uint8Array): boolean {
  if (readableStatsAt(file)?.size !== BigInt(size)) return false;
  const hashed = hashFileSync(file, { buffer });
  return hashed.kind === 'file' && hashed.hash === hash;
}

/**
 * Moves the files of `entries` that an interrupted download has left in `folder` into `staging`, so that rsync goes on with
 * them. Returns the paths of those that are complete already. Throws cancelled.
 */
export async function takeInterrupted(
  folder: string,
  staging: string,
  entries: readonly Entry[],
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  if (!existsSync(folder)) return new Set();
  const taken: Entry[] = [];
  for (const entry of files(entries)) {
    throwIfAborted(signal);
    const [source, target] = [stagedPath(folder, entry.path), stagedPath(staging, entry.path)];
    if (!isFile(source) || existsSync(target)) continue;
    await moveTo(source, target);
    taken.push(entry);
  }
  const incomplete = new Set(await verifyStaged(staging, taken, signal));
  return new Set(taken.map(({ path }) => path).filter((path) => !incomplete.has(path)));
}

function isFile(path: string): boolean {
  try {
    return lstatSync(path).isFile();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

/**
 * Copies files of `root` that have the content of `entries`, under any name, into `staging`, so that a file that was
 * renamed on another machine need not be downloaded. Each copy is verified. Returns the entries without such a file.
 * Throws cancelled, disk_full and invalid_path.
 */
export async function fillFromLocal(
  root: string,
  staging: string,
  entries: readonly Entry[],
  observations: ReadonlyMap<string, Observation>,
  signal?: AbortSignal,
): Promise<Entry[]> {
  const sources = await runYielding(findSourcesSteps(entries, observations));
  const missing: Entry[] = [];
  const found: Entry[] = [];
  for (const entry of files(entries)) (sources.has(entry.hash) ? found : missing).push(entry);
  await inParallel(found, parallelFiles, async (entry) => {
    for (const source of sources.get(entry.hash) ?? []) {
      if (await copyVerified(join(root, source), staging, entry, signal)) return;
    }
    missing.push(entry);
  });
  return missing;
}

/** Maps the hashes of `entries` to the paths of observed files with that hash. */
function* findSourcesSteps(
  entries: readonly Entry[],
  observations: ReadonlyMap<string, Observation>,
): CooperativeTask<ReadonlyMap<string, readonly string[]>> {
  const wanted = new Set<string>();
  let visited = 0;
  for (const { hash } of files(entries)) {
    wanted.add(hash);
    if (++visited % stepSize === 0) yield;
  }
  const sources = new Map<string, string[]>();
  for (const [path, { kind, hash }] of observations) {
    if (++visited % stepSize === 0) yield;
    if (kind !== 'file' || !wanted.has(hash)) continue;
    const paths = sources.get(hash);
    if (paths === undefined) sources.set(hash, [path]);
    else paths.push(path);
  }
  return sources;
}

export interface LostBackup {
  readonly entry: Entry;
  /** The backup has no file of the entry, or one with another content. */
  readonly reason: 'backupMissing' | 'backupChanged';
}

/**
 * Copies the files of `entries` into `staging`, as far as the backup in `folder` has them. Each copy is verified.
 * Returns the entries that cannot be copied. Throws cancelled, disk_full and invalid_path.
 * Invariant: a backup is only read, never changed.
 */
export async function fillFromBackup(
  folder: string,
  staging: string,
  entries: readonly Entry[],
  signal?: AbortSignal,
): Promise<LostBackup[]> {
  const existing = backupFolders(folder).filter((path) => existsSync(path));
  const lost: LostBackup[] = [];
  await inParallel(files(entries), parallelFiles, async (entry) => {
    const copies = existing.map((backup) => join(backup, entry.path)).filter((copy) => existsSync(copy));
    for (const copy of copies) if (await copyVerified(copy, staging, entry, signal)) return;
    lost.push({ entry, reason: copies.length === 0 ? 'backupMissing' : 'backupChanged' });
  });
  return lost;
}

/** Leaves out symlinks, which have no content to stage. */
function files(entries: readonly Entry[]): Entry[] {
  return entries.filter(({ kind }) => kind === 'file');
}

async function copyVerified(
  source: string,
  staging: string,
  entry: Entry,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const target = stagedPath(staging, entry.path);
  try {
    await mkdir(dirname(target), { recursive: true });
    await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    if (await isStaged(staging, entry, signal)) return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    if (isFull(error)) throw new PalmtreeError('disk_full', `no space to stage ${entry.path}`, { cause: error });
    // The source is gone or cannot be read: the content has to come from elsewhere.
  }
  await removeAll(target);
  return false;
}

/**
 * Returns the absolute path of a staged file. Throws invalid_path.
 * Invariant: no path that a server sends leads out of the staging folder.
 */
export function stagedPath(staging: string, path: string): string {
  const fault = pathFault(path);
  if (fault !== undefined) {
    throw new PalmtreeError('invalid_path', `the path ${pathFaultTexts[fault]}`, { details: { paths: [path] } });
  }
  return join(staging, path);
}

/**
 * Whether the staged path of `path` is short enough for this system. rsync could create a longer one, step by step, which
 * could then be neither read nor removed.
 */
export function canStage(staging: string, path: string): boolean {
  return !isTooLong(staging, path);
}

async function isStaged(
  staging: string,
  { path, size, hash }: Entry,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const file = stagedPath(staging, path);
  if (readableStatsAt(file)?.size !== BigInt(size)) return false;
  return (await hashFile(file, signal))?.hash === hash;
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new PalmtreeError('cancelled', 'the check was cancelled');
}
