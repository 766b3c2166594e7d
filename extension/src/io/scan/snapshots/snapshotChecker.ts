import { parentPort } from 'node:worker_threads';
import { RealFolders } from '../../fs/realFolders';
import { failureOf } from '../../threads/threadFailure';
import { matchesSnapshot, type FolderSnapshot } from './folderSnapshot';
import type { FromSnapshotChecker, SnapshotCheckerData, ToSnapshotChecker } from '../scanMessages';
import { stopCheck } from '../stopCheck';

/** Returns the folders that differ from their snapshot. `onFolder` is called before each; it may throw to stop. */
export function findChangedFolders(
  snapshots: ReadonlyMap<string, FolderSnapshot>,
  { root, honorsModes }: Pick<SnapshotCheckerData, 'root'> & Pick<ToSnapshotChecker, 'honorsModes'>,
  onFolder: (files: number) => void,
): string[] {
  const changed: string[] = [];
  const folders = new RealFolders(root);
  for (const [folder, snapshot] of snapshots) {
    onFolder(snapshot.files.length);
    if (!matchesSnapshot(root, folder, snapshot, { folders, honorsModes })) changed.push(folder);
  }
  return changed;
}

/** Runs in a thread of its own: keeps a shard of the snapshots, and checks them whenever the scan worker asks. */
export function serveSnapshotChecks(data: SnapshotCheckerData): void {
  const snapshots = new Map<string, FolderSnapshot>();
  parentPort?.on('message', ({ put, removed, honorsModes, stop }: ToSnapshotChecker) => {
    for (const folder of removed) snapshots.delete(folder);
    for (const [folder, snapshot] of put) snapshots.set(folder, snapshot);
    try {
      const changed = findChangedFolders(snapshots, { ...data, honorsModes }, stopCheck(stop));
      parentPort?.postMessage({ kind: 'checked', changed } satisfies FromSnapshotChecker);
    } catch (error) {
      parentPort?.postMessage({ kind: 'failed', ...failureOf(error, 'scan_failed') } satisfies FromSnapshotChecker);
    }
  });
}
