import { entryOf } from '../../core/wire';
import type { Entry } from '../../core/entry';
import { PalmtreeError } from '../../errors';
import { ancestorHash, type ActiveMerge } from './activeMerge';
import type { ServerBinding, Reporter } from '../ports/serverBinding';
import type { Replica } from '../replica/replica';
import { bringUpToDate, refuseMarkers } from './resolve';
import type { PullFolders } from '../transfer/stage';

export type FinishedMerge = 'merged' | 'outdated' | 'stale';

/**
 * Takes what stands at the path for both sides' content, in one. `outdated`: the server has a newer version since.
 * Invariant: that one was not merged in, so it stays in conflict; only what was merged in counts as seen.
 * `stale`: both sides come from something else by now, so that nothing is taken and the conflict stays.
 * Throws no_conflict, conflict_markers.
 */
export async function finishMerge(
  replica: Replica,
  remote: ServerBinding,
  folders: PullFolders,
  reporter: Reporter,
  merge: ActiveMerge,
): Promise<FinishedMerge> {
  const { path } = merge;
  await bringUpToDate(replica, remote, folders, reporter);
  const standing = await whatStands(replica, path);
  if (standing === undefined) throw noConflict(path);
  if (ancestorHash(replica, path) !== merge.ancestor) {
    if (!standing.isConflict) throw noConflict(path);
    return 'stale';
  }
  await refuseMarkers(replica.root, [path]);
  const isOutdated = standing.remote?.hash !== merge.theirs;
  if (isOutdated) {
    replica.ancestor.markMergedWith(await entryMergedIn(remote, merge, reporter.signal), standing.remote ?? null);
  } else {
    replica.ancestor.markSynced(path, standing.remote);
  }
  await replica.save();
  return isOutdated ? 'outdated' : 'merged';
}

/** What the server has, where that is not what stands here. A merge that takes neither side is no conflict any more. */
async function whatStands(
  replica: Replica,
  path: string,
): Promise<{ readonly remote: Entry | undefined; readonly isConflict: boolean } | undefined> {
  const { conflicts, localChanges } = (await replica.planner.reconcile('lastSynced')).plan;
  const conflict = conflicts.find((one) => one.path === path);
  if (conflict !== undefined) return { remote: conflict.remote, isConflict: true };
  const change = localChanges.find((one) => one.path === path);
  return change && { remote: change.to, isConflict: false };
}

function noConflict(path: string): PalmtreeError {
  return new PalmtreeError('no_conflict', `no conflict at ${path}`, { details: { paths: [path] } });
}

async function entryMergedIn(
  { client, tree }: ServerBinding,
  { path, revision, theirs }: ActiveMerge,
  signal: AbortSignal,
): Promise<Entry> {
  const { versions } = await client.history(tree, path, revision + 1, signal);
  const entry = versions[0]?.entry;
  if (entry?.hash === theirs) return entryOf(entry);
  throw new PalmtreeError('content_unavailable', `revision ${revision} has another ${path}`, {
    details: { paths: [path] },
  });
}
