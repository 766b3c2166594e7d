import { storagePaths } from '../../io/openFolderStorage';
import { openStoreAndScanner, type StoreAndScannerOptions } from '../../io/openStoreAndScanner';
import { FolderSync, type FolderSyncDeps } from './folderSync';

export type OpenFolderSyncOptions = StoreAndScannerOptions & Omit<FolderSyncDeps, 'store' | 'scanner' | 'folders'>;

export interface OpenedFolderSync {
  readonly sync: FolderSync;
  /** The path of a damaged store that was replaced by an empty one. */
  readonly setAside: string | undefined;
}

/** Opens a workspace folder on its storage. Throws the errors of `openStore`. */
export async function openFolderSync({
  dist,
  storage,
  ownFolders = [],
  ...deps
}: OpenFolderSyncOptions): Promise<OpenedFolderSync> {
  const { store, scanner } = await openStoreAndScanner({ dist, root: deps.root, storage, ownFolders });
  const sync = new FolderSync({ ...deps, store, scanner, folders: storagePaths(storage) });
  return { sync, setAside: store.setAside };
}
