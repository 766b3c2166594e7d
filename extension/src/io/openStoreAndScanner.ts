import { join } from 'node:path';
import { storagePaths } from './openFolderStorage';
import { WorkerScanner } from './scan/scanner';
import { openStore, type SqlStore } from './store/store';

/** The store of a workspace folder, and its scanner. */
export interface StoreAndScanner {
  readonly store: SqlStore;
  readonly scanner: WorkerScanner;
}

export interface StoreAndScannerOptions {
  /** The folder of the bundled scripts. */
  readonly dist: string;
  /** The workspace folder. */
  readonly root: string;
  /** The folder for all data about `root`; created if it does not exist. */
  readonly storage: string;
  /** Further folders of Palmtree, by absolute path. They, and those in `storage`, are never synced. */
  readonly ownFolders?: readonly string[];
}

/** Opens the store, and passes its observations to a new scanner. Throws the errors of `openStore`. */
export async function openStoreAndScanner({
  dist,
  root,
  storage,
  ownFolders = [],
}: StoreAndScannerOptions): Promise<StoreAndScanner> {
  const store = await openStore({
    folder: storage,
    wasm: join(dist, 'sql-wasm.wasm'),
    script: join(dist, 'storeWorker.js'),
  });
  const { backups, ...others } = storagePaths(storage);
  const scanner = new WorkerScanner({
    script: join(dist, 'scanWorker.js'),
    root,
    storage,
    // The backups may be on a disk of their own.
    ownFolders: [...ownFolders, storage, ...Object.values(others), backups],
    known: () => store.state.observations.values(),
  });
  // The scanner starts after the store has loaded, since two threads that collect garbage at once slow each other down.
  scanner.updatePacked(store.takePackedObservations());
  return { store, scanner };
}
