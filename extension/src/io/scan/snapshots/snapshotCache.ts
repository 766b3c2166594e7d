import { availableParallelism } from 'node:os';
import type { Observation } from '../../../core/observation';
import { parentOf } from '../../../core/paths';
import { Selection } from '../../../core/tracking/selection';
import { snapshotOfListing, snapshotsOf, type FolderSnapshot } from './folderSnapshot';
import type { FolderListing } from '../listFolder';
import type { ScanScope } from '../scannerPort';
import { findChangedFolders } from './snapshotChecker';
import { SnapshotShard, type SnapshotCheckOptions } from './snapshotShard';

/** With fewer files, a thread takes longer to start than it saves. */
const minSharedFiles = 3_000;
const maxThreads = 4;

/**
 * Snapshots of the folders that scans of one scope have listed, spread over the threads that check them. Most scans find
 * most folders unchanged, and then need not compare each file in them with its observation.
 */
export class SnapshotCache {
  readonly #options: SnapshotCheckOptions;
  /** The snapshots of the first shard are checked by this thread. */
  readonly #shards: SnapshotShard[];
  /** The scope as JSON; empty if the snapshots have to be taken again. */
  #scope = '';
  #selection: Selection | undefined;

  constructor(options: SnapshotCheckOptions) {
    this.#options = options;
    const threads = Math.min(availableParallelism(), maxThreads);
    this.#shards = Array.from({ length: threads }, () => new SnapshotShard());
  }

  /**
   * Returns the snapshots that their folders still match, by folder. `onFiles` gets the number of files that this thread
   * has checked so far. Throws cancelled.
   */
  async findUnchanged(
    { scope, honorsModes }: { readonly scope: ScanScope; readonly honorsModes: boolean },
    known: ReadonlyMap<string, Observation>,
    stop: SharedArrayBuffer,
    onFiles: (files: number) => void,
  ): Promise<ReadonlyMap<string, FolderSnapshot>> {
    this.#useScope(scope, known);
    const [own, ...others] = this.#shards;
    const checks = Promise.allSettled(others.map((shard) => shard.findChanged(this.#options, { honorsModes, stop })));
    let files = 0;
    let changed: readonly string[] = [];
    try {
      const onFolder = (count: number): void => onFiles((files += count));
      if (own !== undefined) changed = findChangedFolders(own.snapshots, { ...this.#options, honorsModes }, onFolder);
    } finally {
      // Invariant: every thread has responded before the next check begins, which could mistake a late response for its own.
      await checks;
    }
    for (const check of await checks) {
      if (check.status === 'rejected') throw check.reason;
      changed = changed.concat(check.value);
    }
    const unchanged = new Map(this.#shards.flatMap(({ snapshots }) => [...snapshots]));
    for (const folder of changed) unchanged.delete(folder);
    return unchanged;
  }

  /** Takes snapshots of the folders that a scan listed. `known` includes the findings of that scan. */
  update(
    listings: readonly FolderListing[],
    known: ReadonlyMap<string, Observation>,
    hasProblem: (folder: string) => boolean,
  ): void {
    const selection = this.#selection;
    if (selection === undefined) return;
    for (const listing of listings) {
      const { folder } = listing;
      const snapshot = hasProblem(folder)
        ? undefined
        : snapshotOfListing(listing, known, (path) => selection.mayTrackBelow(path));
      if (snapshot === undefined) this.#remove(folder);
      else this.#put(folder, snapshot);
    }
  }

  /** Drops the snapshots of the folders of these paths, whose observations changed without a scan. */
  invalidate(paths: Iterable<string>): void {
    if (this.#scope === '') return;
    for (const path of paths) this.#remove(parentOf(path) ?? '');
  }

  /** Makes the next check start with new snapshots. */
  clear(): void {
    this.#scope = '';
  }

  #useScope(scope: ScanScope, known: ReadonlyMap<string, Observation>): void {
    const key = JSON.stringify(scope);
    if (key === this.#scope) return;
    this.#scope = key;
    for (const shard of this.#shards) shard.clear();
    const selection = new Selection(scope);
    this.#selection = selection;
    const snapshots = snapshotsOf(known, (path) => selection.includes(path));
    for (const [folder, snapshot] of snapshots) this.#put(folder, snapshot);
  }

  #put(folder: string, snapshot: FolderSnapshot): void {
    const total = this.#shards.reduce((files, shard) => files + shard.files, 0);
    const [own] = this.#shards;
    const smallest = this.#shards.reduce((a, b) => (b.files < a.files ? b : a));
    const former = this.#shards.find(({ snapshots }) => snapshots.has(folder));
    const shard = former ?? (total < minSharedFiles ? own : smallest);
    shard?.put(folder, snapshot);
  }

  #remove(folder: string): void {
    for (const shard of this.#shards) shard.remove(folder);
  }
}
