import { join } from 'node:path';
import type { Conflict } from '../../core/change';
import { mergeText, type TextMerge } from '../../core/merge/mergeText';
import { PalmtreeError } from '../../errors';
import { writeNewFile } from '../../io/fs/files';
import { isSmallFile, readBase, readTheirs } from '../content/conflictContent';
import { localContent } from '../content/localContent';
import { advanceToHead } from '../pull/advanceToHead';
import type { CommandContext } from '../replica/commandContext';
import { newBackup } from '../transfer/backups';
import { noConflict } from './activeMerge';

/** A conflict as a merge editor shows it. */
export interface MergeSides {
  readonly path: string;
  /** The server's revision that has `theirs`. */
  readonly revision: number;
  /** The ancestor's content: empty if both sides created the file, undefined if the server no longer has it. */
  readonly base: Uint8Array | undefined;
  readonly mine: Uint8Array;
  readonly theirs: Uint8Array;
  /** The hash of the ancestor; null if both sides created the file. */
  readonly ancestor: string | null;
  /** `merged` or `conflict`. */
  readonly merge: Exclude<TextMerge, { kind: 'unmergeable' }>;
  /** The absolute path of a copy of mine, which no save of the file changes. */
  readonly mineCopy: string;
}

/** The file may be written while it is read; after this many attempts the merge is not started. */
const maxReads = 3;

/**
 * Reads the sides of the conflict at `path`, and keeps a copy of mine. The file itself is not changed.
 * Throws no_conflict, not_mergeable, changed_meanwhile, content_unavailable.
 */
export async function startMerge(context: CommandContext, path: string): Promise<MergeSides> {
  const { replica, folders } = context;
  await advanceToHead(context);
  const { mine, conflict } = await readMine(context, path);
  const { revision } = replica.ancestor;
  const { ancestor, remote } = conflict;
  const theirs = remote === undefined ? undefined : await readTheirs(context, { theirs: remote, revision });
  if (theirs === undefined) {
    throw new PalmtreeError('content_unavailable', `the server cannot provide ${path}`, { details: { paths: [path] } });
  }
  const base = ancestor === undefined ? new Uint8Array() : await readBase(context, conflict);
  const merge = mergeText(base ?? new Uint8Array(), mine, theirs);
  if (merge.kind === 'unmergeable') throw notMergeable(path, merge.reason);
  // Not a hard link: an editor that writes the file in place would write both.
  const mineCopy = join(await newBackup(folders, 'merge'), path);
  await writeNewFile(mineCopy, mine, { flush: true });
  await replica.save();
  return { path, revision, base, mine, theirs, ancestor: ancestor?.hash ?? null, merge, mineCopy };
}

async function readMine(
  { replica, reporter }: CommandContext,
  path: string,
): Promise<{ mine: Uint8Array; conflict: Conflict }> {
  for (let attempt = 0; attempt < maxReads; attempt++) {
    const { conflicts } = (await replica.planner.reconcile('lastSynced')).plan;
    const conflict = conflicts.find((one) => one.path === path);
    if (conflict === undefined) throw noConflict(path);
    const { local, remote } = conflict;
    if (!isSmallFile(local) || !isSmallFile(remote))
      throw notMergeable(path, 'both versions must be files small enough to be texts');
    const mine = await localContent(replica.root, local);
    if (mine !== undefined) return { mine, conflict };
    await replica.scan({ only: [path], verify: true, signal: reporter.signal });
  }
  throw new PalmtreeError('changed_meanwhile', `${path} is being written`, { details: { paths: [path] } });
}

function notMergeable(path: string, reason: string): PalmtreeError {
  return new PalmtreeError('not_mergeable', `${path} cannot be merged: ${reason}`, { details: { paths: [path] } });
}
