import { entryWith, type Entry } from '../../core/entry';
import { maxMergeBytes } from '../../core/merge/mergeText';
import { PalmtreeError } from '../../errors';
import { stagedPath } from '../../io/apply/staging';
import { writeNewFile } from '../../io/fs/files';
import { sha256 } from '../../io/fs/sha256';
import { readSmallFile } from '../../io/fs/smallFile';
import type { LocalContext } from '../replica/commandContext';
import { applyStaged, type ApplyOptions } from '../transfer/applyStaged';
import { newBackup } from '../transfer/backups';
import { withStaging } from '../transfer/staging';
import type { ActiveMerge } from './activeMerge';
import { hasMarkers, readMarked } from '../content/markers';

export interface AbortedMerge extends ActiveMerge, ApplyOptions {
  /** The absolute path of the copy of mine that was made when the merge began. */
  readonly mineCopy: string;
  /** The hash of the last text that the merge editor saved, if it is known. */
  readonly lastSaved?: string | undefined;
}

/**
 * Restores the file as it was before the merge, byte for byte. Returns the backup of the unfinished result. Throws
 * not_aborted if the file cannot be restored.
 * Invariant: only a result of the merge is replaced: a text with conflict markers, the ancestor, or the text that the
 * merge editor saved last.
 */
export async function abortMerge(context: LocalContext, merge: AbortedMerge): Promise<string | undefined> {
  const { replica, folders, reporter } = context;
  const { path } = merge;
  await replica.scan({ only: [path], verify: true, signal: reporter.signal });
  const from = replica.local.observations.get(path);
  const mine = await readSmallFile(merge.mineCopy, maxMergeBytes);
  if (mine === undefined) throw notAborted(path, 'its copy cannot be read');
  const hash = sha256(mine);
  if (from?.hash === hash) return undefined;
  if (from?.kind !== 'file' || !(await isMergeResult(replica.root, from, merge))) {
    throw notAborted(path, 'something else has changed the file since');
  }
  const to = entryWith(from, { hash, size: mine.length, mtimeNs: BigInt(Date.now()) * 1_000_000n });
  return withStaging(folders, async (staging) => {
    await writeNewFile(stagedPath(staging, path), mine);
    const { skipped, backup } = await applyStaged(context, {
      changes: [{ path, from, to }],
      staging,
      backup: await newBackup(folders, 'aborted-merge'),
      hasUnsavedEdits: merge.hasUnsavedEdits,
    });
    if (skipped[0] !== undefined) throw notAborted(path, skipped[0].reason);
    return backup;
  });
}

async function isMergeResult(root: string, file: Entry, { ancestor, lastSaved }: AbortedMerge): Promise<boolean> {
  if (file.hash === lastSaved || file.hash === (ancestor ?? sha256(''))) return true;
  const content = await readMarked(root, file.path);
  return content !== undefined && sha256(content) === file.hash && hasMarkers(content);
}

function notAborted(path: string, reason: string): PalmtreeError {
  return new PalmtreeError('not_aborted', `the merge of ${path} was not aborted: ${reason}`, {
    details: { paths: [path] },
  });
}
