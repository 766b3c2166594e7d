import { join } from 'node:path';
import { WorkerScanner } from './scan/scanner';
import { openStore, type SqlStore } from './store/store';

/** What is known of a workspace folder on this machine, and what looks at it. */
export interface StoreAndScanner {
  readonly store: SqlStore;
  readonly scanner: WorkerScanner;
}

export interface StoreAndScannerOptions {
  /** Where the bundles lie. */
  readonly dist: string;
  readonly root: string;
  /** Where all that is known of `root` is kept; made when it is not there. */
  readonly storage: string;
}

/** Throws store_newer, store_locked or store_failed. */
export async function openStoreAndScanner({ dist, root, storage }: StoreAndScannerOptions): Promise<StoreAndScanner> {
  const store = await openStore({
    folder: storage,
    wasm: join(dist, 'sql-wasm.wasm'),
    script: join(dist, 'storeWorker.js'),
  });
  const scanner = new WorkerScanner({
    script: join(dist, 'scanWorker.js'),
    root,
    storage,
    known: () => store.state.observations.values(),
  });
  // Not while the store still takes it in: two threads that collect at the same time keep each other from the cores.
  scanner.updatePacked(store.takePackedObservations());
  return { store, scanner };
}
