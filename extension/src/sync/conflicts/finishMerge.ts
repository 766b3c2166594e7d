import type { Entry } from '../../core/entry';
import { entryOf } from '../../core/wire';
import { PalmtreeError } from '../../errors';
import { advanceToHead } from '../pull/advanceToHead';
import type { CommandContext } from '../replica/commandContext';
import type { Replica } from '../replica/replica';
import { ancestorHash, noConflict, type ActiveMerge } from './activeMerge';
import { requireNoMarkers } from '../content/markers';

/**
 * - `merged`: the file on this disk is the result of the merge.
 * - `outdated`: it is, but the server has a newer version now, which is in conflict with it.
 * - `stale`: the ancestor has changed since. The file does not count as a result, and the conflict remains.
 */
export type FinishedMerge = 'merged' | 'outdated' | 'stale';

/**
 * Accepts the file on this disk as the result of the merge. Throws no_conflict and conflict_markers.
 * Invariant: only the version that was merged counts as synced. A newer one of the server stays in conflict.
 */
export async function finishMerge(context: CommandContext, merge: ActiveMerge): Promise<FinishedMerge> {
  const { replica } = context;
  const { path } = merge;
  await advanceToHead(context);
  const conflict = await findConflict(replica, path);
  if (conflict === undefined) throw noConflict(path);
  if (ancestorHash(replica, path) !== merge.ancestor) {
    if (conflict.equalsAncestor) throw noConflict(path);
    return 'stale';
  }
  await requireNoMarkers(replica.root, [path]);
  const { remote } = conflict;
  const isOutdated = remote?.hash !== merge.theirs;
  if (isOutdated) replica.ancestor.markMergedWith(await mergedEntry(context, merge), remote ?? null);
  else replica.ancestor.markSynced(path, remote);
  await replica.save();
  return isOutdated ? 'outdated' : 'merged';
}

interface FoundConflict {
  /** The server's entry. */
  readonly remote: Entry | undefined;
  /** The file on this disk equals the ancestor, as after a merge that takes neither side. A pull would replace it. */
  readonly equalsAncestor: boolean;
}

/** Undefined if the server's entry need not be applied here, for example because both sides are equal. */
async function findConflict({ planner }: Replica, path: string): Promise<FoundConflict | undefined> {
  const { conflicts, downloads } = (await planner.reconcile('lastSynced')).plan;
  const conflict = conflicts.find((one) => one.path === path);
  if (conflict !== undefined) return { remote: conflict.remote, equalsAncestor: false };
  const change = downloads.find((one) => one.path === path);
  return change && { remote: change.to, equalsAncestor: true };
}

/** The server's entry that was merged. Throws content_unavailable if the server's history no longer has it. */
async function mergedEntry(
  { server, reporter }: CommandContext,
  { path, revision, theirs }: ActiveMerge,
): Promise<Entry> {
  const { versions } = await server.client.history(server.tree, path, revision + 1, reporter.signal);
  const entry = versions[0]?.entry;
  if (entry?.hash === theirs) return entryOf(entry);
  throw new PalmtreeError('content_unavailable', `revision ${revision} has another version of ${path}`, {
    details: { paths: [path] },
  });
}
