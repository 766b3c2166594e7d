import type { Conflict } from '../../core/change';
import { sameEntry } from '../../core/entry';
import { hasConflictMarkers, mergeText } from '../../core/merge/mergeText';
import { takeEditWithMode, takeMerged, type Decision } from '../../core/reconcile/decision';
import { PalmtreeError } from '../../errors';
import { stagedPath } from '../../io/apply/staging';
import { isFull } from '../../io/fs/errno';
import { writeNewFile } from '../../io/fs/files';
import { sha256 } from '../../io/fs/sha256';
import { inParallel } from '../../io/threads/inParallel';
import { isSmallFile, readBase, readTheirs } from '../content/conflictContent';
import { localContent } from '../content/localContent';
import { throwIfCancelled, type CommandContext } from '../replica/commandContext';
import type { Replica } from '../replica/replica';
import { contentToStage } from '../transfer/stage';

/** Whether texts are merged; `shared` if this machine does not set it, so that the shared rules do. */
export type AutoMerge = boolean | 'shared';

/** Texts are merged unless a setting says otherwise. The shared rules count as of the last scan. */
export function mergesTexts({ local }: Replica, autoMerge: AutoMerge | undefined): boolean {
  return autoMerge === 'shared' ? (local.sharedRules?.autoMerge ?? true) : autoMerge === true;
}

/** Conflicts whose versions are read from the server at the same time. */
const parallelMerges = 4;

/** A conflict, with the decision that combines the changes of both sides in one file. */
export interface Merge {
  readonly path: string;
  readonly decision: Decision;
}

/** Whether a merge contains changes of this disk, to be pushed. Otherwise its result is the server's version. */
export function hasLocalChanges({ decision: { localChanges, ancestorChanges } }: Merge): boolean {
  return !sameEntry(localChanges[0]?.to, ancestorChanges[0]?.to);
}

/** Merges the conflicts in which one side edited the file and the other one changed its permissions. */
export function mergeModes(conflicts: readonly Conflict[]): Merge[] {
  return conflicts.flatMap((conflict) => {
    const decision = takeEditWithMode(conflict);
    return decision === undefined ? [] : [{ path: conflict.path, decision }];
  });
}

/** Whether the versions of a conflict are worth reading for a merge: all three are files small enough to be texts. */
export function isMergeable({ ancestor, local, remote }: Conflict): boolean {
  return isSmallFile(ancestor) && isSmallFile(local) && isSmallFile(remote);
}

/**
 * Merges the conflicts between texts whose edits do not overlap, and stages the results. All others remain conflicts.
 * Throws cancelled, disk_full, and the errors of a failed connection.
 */
export async function mergeTexts(
  context: CommandContext,
  request: Pick<MergeRequest, 'revision' | 'onBaseless'> & {
    readonly conflicts: readonly Conflict[];
    readonly staging: string;
  },
): Promise<Merge[]> {
  const { revision, staging, onBaseless } = request;
  const conflicts = request.conflicts.filter(isMergeable);
  if (conflicts.length > 0) context.reporter.step({ kind: 'merging' });
  const merges: Merge[] = [];
  for (let start = 0; start < conflicts.length; start += parallelMerges) {
    const batch = conflicts.slice(start, start + parallelMerges);
    const merged = await inParallel(batch, parallelMerges, (conflict) =>
      mergeContents(context, { conflict, revision, onBaseless }),
    );
    // Staged after the whole batch is merged: if one merge fails, no other is still writing.
    for (const merge of merged) {
      if (merge === undefined) continue;
      const { path, decision, content } = merge;
      const [change] = decision.localChanges;
      if (change !== undefined && contentToStage(change) !== undefined) await stageMerged(staging, path, content);
      merges.push({ path, decision });
    }
  }
  return merges;
}

interface MergeRequest {
  readonly conflict: Conflict;
  readonly revision: number;
  /** Called with the path of a conflict whose last synced version the server no longer has. */
  readonly onBaseless?: ((path: string) => void) | undefined;
}

/** Merges a conflict of texts; undefined if their edits overlap, or if the user has begun to merge it by hand. */
export async function mergeContents(
  context: CommandContext,
  { conflict, revision, onBaseless }: MergeRequest,
): Promise<(Merge & { readonly content: Uint8Array }) | undefined> {
  throwIfCancelled(context);
  const { path, local, remote } = conflict;
  if (local === undefined || remote === undefined) return undefined;
  const mine = await localContent(context.replica.root, local);
  if (mine === undefined || hasConflictMarkers(new TextDecoder().decode(mine))) return undefined;
  const base = await readBase(context, conflict);
  if (base === undefined) onBaseless?.(path);
  const theirs = base === undefined ? undefined : await readTheirs(context, { theirs: remote, revision });
  if (base === undefined || theirs === undefined) return undefined;
  const merge = mergeText(base, mine, theirs);
  if (merge.kind !== 'merged') return undefined;
  const content = new TextEncoder().encode(merge.text);
  const hash = sha256(content);
  // If the other side made all changes of this one too, the result is the server's file.
  const mtimeNs = hash === remote.hash ? remote.mtimeNs : BigInt(Date.now()) * 1_000_000n;
  const decision = takeMerged(conflict, { hash, size: content.length, mtimeNs });
  return decision === undefined ? undefined : { path, decision, content };
}

async function stageMerged(staging: string, path: string, content: Uint8Array): Promise<void> {
  try {
    await writeNewFile(stagedPath(staging, path), content);
  } catch (error) {
    if (!isFull(error)) throw error;
    throw new PalmtreeError('disk_full', `no space to stage ${path}`, { cause: error });
  }
}
