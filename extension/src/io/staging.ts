import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { constants, copyFile, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathFault } from '../../../server/src/contract/paths';
import type { Entry } from '../engine/entry';
import type { Observation } from '../engine/observation';
import { PalmtreeError } from '../errors';
import { backupCopies } from './backup';
import { errnoOf } from './durable';
import { inParallel } from './pool';

const width = 4;
const bufferBytes = 1 << 20;
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** The paths of `entries` whose file in `staging` is missing or is not what the entry declares. */
export async function verifyStaged(
  staging: string,
  entries: readonly Entry[],
  signal?: AbortSignal,
): Promise<string[]> {
  const right = await inParallel(files(entries), width, (entry) => isStaged(staging, entry, signal));
  return files(entries).flatMap(({ path }, index) => (right[index] === true ? [] : [path]));
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
  const wanted = new Set(files(entries).map(({ hash }) => hash));
  const sources = new Map<string, string[]>();
  for (const [path, { kind, hash }] of observations) {
    if (kind === 'file' && wanted.has(hash)) sources.set(hash, [...(sources.get(hash) ?? []), path]);
  }
  const found = await inParallel(files(entries), width, async (entry) => {
    for (const source of sources.get(entry.hash) ?? []) {
      if (await copyVerified(join(root, source), staging, entry, signal)) return true;
    }
    return false;
  });
  return files(entries).filter((_, index) => found[index] !== true);
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
  const copies = backupCopies(folder).filter((copy) => existsSync(copy));
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
    throw new PalmtreeError('invalid_path', `the path ${fault}`, { details: { paths: [path] } });
  }
  return join(staging, path);
}

async function isStaged(staging: string, entry: Entry, signal: AbortSignal | undefined): Promise<boolean> {
  let file;
  try {
    file = await open(stagedPath(staging, entry.path), openFlags);
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
      if (signal?.aborted === true) throw new PalmtreeError('cancelled', 'the check was cancelled');
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return hash.digest('hex') === entry.hash;
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
