import { entryOf } from '../engine/wire';
import type { Entry } from '../engine/entry';
import { PalmtreeError } from '../errors';
import type { Remote, Reporter } from './remote';
import type { Replica } from './replica';
import { bringUpToDate, refuseMarkers, type ResolveOptions } from './resolve';
import type { PullFolders } from './stage';

/** A merge as it was begun: with what the server had at `path` in `revision`. */
export interface BegunMerge {
  readonly path: string;
  readonly revision: number;
  /** The hash of what the server had. */
  readonly theirs: string;
}

/**
 * Takes what stands at the path for both sides' content, in one. `outdated`: the server has a newer version since.
 * Invariant: that one was not merged in, so it stays in conflict; only what was merged in counts as seen.
 * Throws no_conflict, conflict_markers.
 */
export async function finishMerge(
  replica: Replica,
  remote: Remote,
  folders: PullFolders,
  reporter: Reporter,
  merge: BegunMerge,
  options: ResolveOptions = {},
): Promise<'merged' | 'outdated'> {
  const { path } = merge;
  await bringUpToDate(replica, remote, folders, reporter, [path], options);
  const standing = whatStands(replica, path);
  if (standing === undefined) {
    throw new PalmtreeError('no_conflict', `no conflict at ${path}`, { details: { paths: [path] } });
  }
  await refuseMarkers(replica.root, [path]);
  const isOutdated = standing.remote?.hash !== merge.theirs;
  replica.agree(path, isOutdated ? await entryMergedIn(remote, merge, reporter.signal) : standing.remote);
  if (isOutdated) replica.state.heldBack.set(path, standing.remote ?? null);
  await replica.save();
  return isOutdated ? 'outdated' : 'merged';
}

/** What the server has, where that is not what stands here. A merge that takes neither side is no conflict any more. */
function whatStands(replica: Replica, path: string): { readonly remote: Entry | undefined } | undefined {
  const { conflicts, localChanges } = replica.reconcile('agreed');
  const conflict = conflicts.find((one) => one.path === path);
  if (conflict !== undefined) return { remote: conflict.remote };
  const change = localChanges.find((one) => one.path === path);
  return change && { remote: change.to };
}

async function entryMergedIn(
  { client, tree }: Remote,
  { path, revision, theirs }: BegunMerge,
  signal: AbortSignal,
): Promise<Entry> {
  const { versions } = await client.history(tree, path, revision + 1, signal);
  const entry = versions[0]?.entry;
  if (entry?.hash === theirs) return entryOf(entry);
  throw new PalmtreeError('content_unavailable', `revision ${revision} has another ${path}`, {
    details: { paths: [path] },
  });
}
