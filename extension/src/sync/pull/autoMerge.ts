import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Change, Conflict } from '../../core/change';
import { takeEditWithMode, takeMerged, type Decision } from '../../core/reconcile/decision';
import { sameContent, sameEntry } from '../../core/entry';
import { hasConflictMarkers, mergeText } from '../../core/merge/mergeText';
import { PalmtreeError } from '../../errors';
import { errnoOf } from '../../io/fs/errno';
import { sha256 } from '../../io/fs/sha256';
import { inParallel } from '../../io/threads/pool';
import { stagedPath } from '../../io/apply/staging';
import { isSmallFile, readBase, readMine, readTheirs, type Sources } from '../content/mergeSources';
import type { Reporter } from '../ports/serverBinding';

/** So many are read from the server together. */
const width = 4;

/** A conflict of which one file can be made that has what both sides did. */
export interface Merge {
  readonly path: string;
  readonly decision: Decision;
}

/** Whether something of mine is left to be pushed; without it, the file is now what the server has. */
export function hasMine({ decision: { localChanges, ancestorChanges } }: Merge): boolean {
  return !sameEntry(localChanges[0]?.to, ancestorChanges[0]?.to);
}

/** Those conflicts in which one side edited the file and the other set its permissions. */
export function mergeModes(conflicts: readonly Conflict[]): Merge[] {
  return conflicts.flatMap((conflict) => {
    const decision = takeEditWithMode(conflict);
    return decision === undefined ? [] : [{ path: conflict.path, decision }];
  });
}

/** Whether it is worth to fetch both versions: texts, as far as their sizes tell. */
export function mayMerge({ ancestor, local, remote }: Conflict): boolean {
  return isSmallFile(ancestor) && isSmallFile(local) && isSmallFile(remote);
}

/**
 * Merges those of `conflicts` that are texts in which no edit meets another, and stages what came out. The rest
 * stay conflicts. Throws cancelled, and what a connection that fails throws.
 */
export async function mergeTexts(
  sources: Sources,
  conflicts: readonly Conflict[],
  staging: string,
  reporter: Pick<Reporter, 'step'>,
): Promise<Merge[]> {
  const candidates = conflicts.filter(mayMerge);
  if (candidates.length > 0) reporter.step({ kind: 'merging' });
  const merges: Merge[] = [];
  for (let start = 0; start < candidates.length; start += width) {
    // Staged only when the others are done, too: none writes any more when one has failed.
    for (const merged of await inParallel(candidates.slice(start, start + width), width, (conflict) =>
      mergedContent(sources, conflict),
    )) {
      if (merged === undefined) continue;
      const { path, decision, content } = merged;
      const [change] = decision.localChanges;
      if (change !== undefined && needsContent(change)) await putStaged(staging, path, content);
      merges.push({ path, decision });
    }
  }
  return merges;
}

function needsContent({ from, to }: Change): boolean {
  return from === undefined || to === undefined || !sameContent(from, to);
}

/** What a merge makes of a conflict; undefined when it is not to be merged without a look. */
export async function mergedContent(
  sources: Sources,
  conflict: Conflict,
): Promise<(Merge & { readonly content: Uint8Array }) | undefined> {
  if (sources.signal.aborted) throw new PalmtreeError('cancelled', 'the merge was cancelled');
  if (conflict.local === undefined || conflict.remote === undefined) return undefined;
  const mine = await readMine(sources.root, conflict.local);
  // Somebody has begun to merge it by hand.
  if (mine === undefined || hasConflictMarkers(new TextDecoder().decode(mine))) return undefined;
  const base = await readBase(sources, conflict);
  const theirs = base === undefined ? undefined : await readTheirs(sources, conflict.remote);
  if (base === undefined || theirs === undefined) return undefined;
  const merge = mergeText(base, mine, theirs);
  if (merge.kind !== 'merged') return undefined;
  const content = new TextEncoder().encode(merge.text);
  const hash = sha256(content);
  // All that was done here, they did as well: then it is their file.
  const isTheirs = hash === conflict.remote.hash;
  const mtimeNs = isTheirs ? conflict.remote.mtimeNs : BigInt(Date.now()) * 1_000_000n;
  const decision = takeMerged(conflict, { hash, size: content.length, mtimeNs });
  return decision === undefined ? undefined : { path: conflict.path, decision, content };
}

async function putStaged(staging: string, path: string, content: Uint8Array): Promise<void> {
  const target = stagedPath(staging, path);
  try {
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content, { flag: 'wx' });
  } catch (error) {
    if (errnoOf(error) !== 'ENOSPC') throw error;
    throw new PalmtreeError('disk_full', `no space to stage ${path}`, { cause: error });
  }
}
