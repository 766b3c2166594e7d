import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Conflict } from '../../core/change';
import { mergeText, type TextMerge } from '../../core/merge/mergeText';
import { PalmtreeError } from '../../errors';
import { isSmallFile, readBase, readMine, readTheirs, sourcesOf } from '../content/mergeSources';
import { bringUpToDate } from './resolve';
import type { ServerBinding, Reporter } from '../ports/serverBinding';
import type { Replica } from '../replica/replica';
import { backupFolder, type PullFolders } from '../transfer/stage';

/** A conflict as a merge editor shows it. */
export interface MergeSides {
  readonly path: string;
  /** The server's, in which it has theirs. */
  readonly revision: number;
  /** What both sides come from: empty where each made the file, undefined where it is not known any more. */
  readonly base: Uint8Array | undefined;
  readonly mine: Uint8Array;
  readonly theirs: Uint8Array;
  /** The hash of what both sides come from; null where each made the file. */
  readonly ancestor: string | null;
  /** `merged` or `conflict`. */
  readonly merge: Exclude<TextMerge, { kind: 'unmergeable' }>;
  /** The absolute path of a copy of mine, which stays whatever is saved in the place of mine. */
  readonly mineCopy: string;
}

/** A file may be written while it is read; after so many looks it is named instead. */
const maxLooks = 3;

/**
 * Reads the sides of the conflict at `path`, and keeps mine. The file itself is left as it is.
 * Throws no_conflict, not_mergeable, changed_meanwhile.
 */
export async function startMerge(
  replica: Replica,
  remote: ServerBinding,
  folders: PullFolders,
  reporter: Reporter,
  path: string,
): Promise<MergeSides> {
  await bringUpToDate(replica, remote, folders, reporter);
  const { mine, conflict } = await lookAtMine(replica, reporter, path);
  const sources = sourcesOf(replica, remote, reporter, replica.ancestor.revision);
  const theirs = conflict.remote === undefined ? undefined : await readTheirs(sources, conflict.remote);
  if (theirs === undefined) {
    throw new PalmtreeError('content_unavailable', `the server cannot give ${path}`, { details: { paths: [path] } });
  }
  const base = conflict.ancestor === undefined ? new Uint8Array() : await readBase(sources, conflict);
  const merge = mergeText(base ?? new Uint8Array(), mine, theirs);
  if (merge.kind === 'unmergeable') throw notMergeable(path, merge.reason);
  const mineCopy = join(backupFolder(folders, 'merge'), path);
  await keepCopy(mineCopy, mine);
  await replica.save();
  const ancestor = conflict.ancestor?.hash ?? null;
  return { path, revision: replica.ancestor.revision, base, mine, theirs, ancestor, merge, mineCopy };
}

async function lookAtMine(
  replica: Replica,
  reporter: Reporter,
  path: string,
): Promise<{ mine: Uint8Array; conflict: Conflict }> {
  for (let look = 0; look < maxLooks; look++) {
    const { conflicts } = (await replica.planner.reconcile('lastSynced')).plan;
    const conflict = conflicts.find((one) => one.path === path);
    if (conflict === undefined) {
      throw new PalmtreeError('no_conflict', `no conflict at ${path}`, { details: { paths: [path] } });
    }
    const { local, remote: theirs } = conflict;
    if (!isSmallFile(local) || !isSmallFile(theirs)) throw notMergeable(path, 'not two files of a text');
    const mine = await readMine(replica.root, local);
    if (mine !== undefined) return { mine, conflict };
    await replica.scan({ only: [path], verify: true, signal: reporter.signal });
  }
  throw new PalmtreeError('changed_meanwhile', `${path} is being written`, { details: { paths: [path] } });
}

/** Invariant: a copy and no second name: an editor that writes the file in place would write both. */
async function keepCopy(path: string, content: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content, { flag: 'wx', flush: true });
}

function notMergeable(path: string, reason: string): PalmtreeError {
  return new PalmtreeError('not_mergeable', `${path} cannot be merged: ${reason}`, { details: { paths: [path] } });
}
