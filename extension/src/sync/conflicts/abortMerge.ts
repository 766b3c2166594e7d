import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { entryWith, type Entry } from '../../core/entry';
import { hasConflictMarkers, maxMergeBytes } from '../../core/merge/mergeText';
import { PalmtreeError } from '../../errors';
import { sha256 } from '../../io/fs/sha256';
import { readSmallFile } from '../../io/fs/smallFile';
import { stagedPath } from '../../io/apply/staging';
import type { ActiveMerge } from './activeMerge';
import type { PullOptions } from '../pull/pull';
import type { Reporter } from '../ports/serverBinding';
import type { Replica } from '../replica/replica';
import { maxMarkedBytes } from './resolve';
import { backupFolder, putInPlace, type PullFolders } from '../transfer/stage';

export interface AbortedMerge extends ActiveMerge {
  /** The absolute path of what stood there before. */
  readonly mineCopy: string;
  /** The hash of what the editor of the merge has saved last, where that is known. */
  readonly left?: string | undefined;
}

/**
 * Puts what stood at the path before the merge back, byte for byte. Answers the backup of what the merge left there.
 * Invariant: only what the merge left there is replaced: its markers, what was agreed on, what its editor saved.
 * Throws not_aborted.
 */
export async function abortMerge(
  replica: Replica,
  folders: PullFolders,
  reporter: Reporter,
  merge: AbortedMerge,
  { isUnsaved }: Pick<PullOptions, 'isUnsaved'> = {},
): Promise<string | undefined> {
  const { path } = merge;
  await replica.scan({ only: [path], verify: true, signal: reporter.signal });
  const from = replica.local.observations.get(path);
  const mine = await readSmallFile(merge.mineCopy, maxMergeBytes);
  if (mine === undefined) throw notAborted(path, 'its copy cannot be read');
  const hash = sha256(mine);
  if (from?.hash === hash) return undefined;
  if (from?.kind !== 'file' || !(await isLeft(replica.root, from, merge))) {
    throw notAborted(path, 'something else stands there');
  }
  const to = entryWith(from, { hash, size: mine.length, mtimeNs: BigInt(Date.now()) * 1_000_000n });
  const folder = join(folders.staging, randomUUID());
  try {
    await mkdir(dirname(stagedPath(folder, path)), { recursive: true });
    await writeFile(stagedPath(folder, path), mine, { flag: 'wx' });
    const backup = backupFolder(folders, 'given-up');
    const staged = { folder, downloadedBytes: 0 };
    const { skipped } = await putInPlace(replica, staged, [{ path, from, to }], backup, isUnsaved);
    await replica.save();
    if (skipped[0] !== undefined) throw notAborted(path, skipped[0].reason);
    return existsSync(backup) ? backup : undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function isLeft(root: string, { path, hash }: Entry, { ancestor, left }: AbortedMerge): Promise<boolean> {
  if (hash === left || hash === (ancestor ?? sha256(new Uint8Array()))) return true;
  const content = await readSmallFile(join(root, path), maxMarkedBytes);
  return content !== undefined && sha256(content) === hash && hasConflictMarkers(new TextDecoder().decode(content));
}

function notAborted(path: string, why: string): PalmtreeError {
  return new PalmtreeError('not_aborted', `the merge of ${path} is not given up: ${why}`, {
    details: { paths: [path] },
  });
}
