import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { constants, copyFile, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathFault, pathFaultTexts } from '../../../../server/src/contract/paths';
import type { Entry } from '../../core/entry';
import type { Observation } from '../../core/observation';
import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { PalmtreeError } from '../../errors';
import { backupFolders } from './backup';
import { errnoOf } from '../fs/errno';
import { hashFile } from '../fs/hash';
import { readNoFollow } from '../fs/openFlags';
import { statsAt } from '../fs/stats';
import { inParallel } from '../threads/pool';
import { runYielding, yielder } from '../threads/yielding';

const width = 4;
const bufferBytes = 1 << 20;
/** A larger file is read with pauses for others. */
const smallBytes = 256 << 10;

/** The paths of `entries` whose file in `staging` is missing or is not what the entry declares. */
export async function verifyStaged(
  staging: string,
  entries: readonly Entry[],
  signal?: AbortSignal,
): Promise<string[]> {
  const wrong: string[] = [];
  const pause = yielder();
  const buffer = new Uint8Array(smallBytes + 1);
  for (const entry of files(entries).filter(isSmall)) {
    throwIfAborted(signal);
    if (!isSmallStaged(stagedPath(staging, entry.path), entry, buffer)) wrong.push(entry.path);
    await pause();
  }
  const big = files(entries).filter((entry) => !isSmall(entry));
  await inParallel(big, width, async (entry) => {
    if (!(await isStaged(staging, entry, signal))) wrong.push(entry.path);
  });
  return wrong;
}

function isSmall({ size }: Entry): boolean {
  return size <= smallBytes;
}

/** By synchronous calls: by way of the thread pool they take ten times as long. */
function isSmallStaged(file: string, { hash, size }: Entry, buffer: Uint8Array): boolean {
  if (statsAt(file)?.size !== BigInt(size)) return false;
  const hashed = hashFile(file, { buffer });
  return hashed.kind === 'file' && hashed.hash === hash;
}

/**
 * Copies into `staging` what stands in `root` already under any name, verified after the copy, and answers
 * the entries that it found nothing for. So a file that was renamed elsewhere need not be fetched.
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
  const findable: Entry[] = [];
  for (const entry of files(entries)) (sources.has(entry.hash) ? findable : missing).push(entry);
  await inParallel(findable, width, async (entry) => {
    for (const source of sources.get(entry.hash) ?? []) {
      if (await copyVerified(join(root, source), staging, entry, signal)) return;
    }
    missing.push(entry);
  });
  return missing;
}

/** Where the contents of `entries` stand, by hash. */
function* findSourcesSteps(
  entries: readonly Entry[],
  observations: ReadonlyMap<string, Observation>,
): CooperativeTask<ReadonlyMap<string, readonly string[]>> {
  const wanted = new Set<string>();
  let looked = 0;
  for (const { hash } of files(entries)) {
    wanted.add(hash);
    if (++looked % stepSize === 0) yield;
  }
  const sources = new Map<string, string[]>();
  for (const [path, { kind, hash }] of observations) {
    if (++looked % stepSize === 0) yield;
    if (kind !== 'file' || !wanted.has(hash)) continue;
    const paths = sources.get(hash);
    if (paths === undefined) sources.set(hash, [path]);
    else paths.push(path);
  }
  return sources;
}

/**
 * Copies into `staging` what the backup in `folder` kept of `entries`, verified after the copy, and answers those
 * that it has nothing of. Invariant: a backup is only ever copied from.
 */
export async function fillFromBackup(
  folder: string,
  staging: string,
  entries: readonly Entry[],
  signal?: AbortSignal,
): Promise<Entry[]> {
  const copies = backupFolders(folder).filter((copy) => existsSync(copy));
  const found = await inParallel(files(entries), width, async (entry) => {
    for (const copy of copies) {
      if (await copyVerified(join(copy, entry.path), staging, entry, signal)) return true;
    }
    return false;
  });
  return files(entries).filter((_, index) => found[index] !== true);
}

/** Links have no content of their own: nothing is staged for them. */
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
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    if (errno === 'ENOSPC') throw new PalmtreeError('disk_full', `no space to stage ${entry.path}`, { cause: error });
    // It is not what it was when it was scanned: it is fetched.
  }
  await rm(target, { force: true });
  return false;
}

/** Where an entry is staged. Invariant: no path that a server names leads out of the staging folder. */
export function stagedPath(staging: string, path: string): string {
  const fault = pathFault(path);
  if (fault !== undefined) {
    throw new PalmtreeError('invalid_path', `the path ${pathFaultTexts[fault]}`, { details: { paths: [path] } });
  }
  return join(staging, path);
}

async function isStaged(staging: string, entry: Entry, signal: AbortSignal | undefined): Promise<boolean> {
  let file;
  try {
    file = await open(stagedPath(staging, entry.path), readNoFollow);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
  try {
    const stats = await file.stat();
    if (!stats.isFile() || stats.size !== entry.size) return false;
    const hash = createHash('sha256');
    const buffer = new Uint8Array(Math.min(bufferBytes, entry.size + 1));
    for (;;) {
      throwIfAborted(signal);
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return hash.digest('hex') === entry.hash;
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new PalmtreeError('cancelled', 'the check was cancelled');
}
