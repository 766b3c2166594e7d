import type { Replica } from './replica';

/**
 * Marks as synced the remote changes that this disk already has. If it has all of them, makes the fetched revision the
 * synced one and returns true: a later edit is then a plain change and not a conflict.
 */
export async function absorbConverged({ ancestor, planner }: Replica): Promise<boolean> {
  const { remoteChanges } = ancestor;
  if (remoteChanges === undefined) return false;
  ancestor.reconcileLostCommit();
  // Without remote changes, only an unapplied entry can have converged.
  if (remoteChanges.changes.size === 0 && ancestor.unappliedRemote.size === 0) {
    await ancestor.moveTo(remoteChanges);
    return true;
  }
  const { ancestorChanges, downloads, conflicts } = (await planner.reconcile('known')).plan;
  await ancestor.markAllSynced(ancestorChanges);
  const isNew = ({ path }: { path: string }): boolean => remoteChanges.changes.has(path);
  if (downloads.some(isNew) || conflicts.some(isNew)) return false;
  await ancestor.moveTo(remoteChanges, remoteChanges.changes, new Set(ancestorChanges.map(({ path }) => path)));
  return true;
}
