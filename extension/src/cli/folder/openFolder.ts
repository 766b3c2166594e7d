import { pathToFileURL } from 'node:url';
import { PalmtreeError } from '../../errors';
import { parseServerUrl } from '../../io/api/serverAddress';
import { createFolder } from '../../io/fs/folders';
import { openFolderStorage } from '../../io/openFolderStorage';
import { registeredFolderAbove } from '../../io/store/folderRegistry';
import { movedConfirmation } from '../../messages/confirmations';
import { fileCount } from '../../messages/format';
import type { FolderSync } from '../../sync/folder/folderSync';
import { openFolderSync } from '../../sync/folder/openFolderSync';
import type { Reporter } from '../../sync/ports/serverBinding';
import type { AutoMerge } from '../../sync/pull/autoMerge';
import { ConfigFile, excludedBy, type Config } from '../state/config';
import { windowStorageIn } from '../state/stateFolder';
import { ask, canAsk } from '../terminal/questions';
import { UsageError } from '../terminal/usageError';
import { dist } from './dist';
import type { Invocation } from './invocation';
import { serverBinding } from './serverBinding';

/** A folder that is open for one command. */
export interface OpenFolder {
  readonly root: string;
  readonly sync: FolderSync;
  readonly storage: string;
  readonly config: Config;
  /** Whether pulls merge texts. */
  readonly autoMerge: AutoMerge;
  readonly reporter: Reporter;
}

export interface OpenOptions {
  /** Follows the server's event stream. */
  readonly isLive?: boolean;
  /** Opens the folder although no server is connected. */
  readonly isServerOptional?: boolean;
}

/** Opens the connected folder that contains the current one, and closes it after `work`. Throws no_folder. */
export async function withFolder<T>(
  invocation: Invocation,
  work: (folder: OpenFolder) => Promise<T>,
  options: OpenOptions = {},
): Promise<T> {
  const { state, cwd } = invocation;
  const root = await registeredFolderAbove(cwd, { globalStorage: state, windowStorage: windowStorageIn(state) });
  if (root === undefined) throw new PalmtreeError('no_folder', `no folder is connected at or above ${cwd}`);
  return withFolderAt(
    invocation,
    root,
    async (folder) => {
      await bindAsStored(invocation, folder, options);
      return work(folder);
    },
    options,
  );
}

/** Opens the folder `root`, which need not be connected, and closes it after `work`. */
export async function withFolderAt<T>(
  invocation: Invocation,
  root: string,
  work: (folder: OpenFolder) => Promise<T>,
  { isLive = false }: OpenOptions = {},
): Promise<T> {
  const folder = await openFolder(invocation, root, isLive);
  try {
    return await work(folder);
  } finally {
    await folder.sync.dispose();
  }
}

async function openFolder(invocation: Invocation, root: string, isLive: boolean): Promise<OpenFolder> {
  const { out, state, signal } = invocation;
  // Names of files and trees are nobody else's business.
  await createFolder(state, 0o700);
  const { storage, isLost } = await openFolderStorage(
    {
      root,
      uri: pathToFileURL(root).href,
      windowStorage: windowStorageIn(state),
      globalStorage: state,
      isMovedFrom: (path) => isMovedFrom(invocation, root, path),
    },
    dist,
  );
  if (isLost)
    out.warn(`Palmtree's data about ${root} was deleted. Your files are untouched. Connect the folder again.`);
  const file = new ConfigFile(storage);
  const config = await file.read();
  const autoMerge = (await file.isSet('autoMerge')) ? config.autoMerge : 'shared';
  const { sync, setAside } = await openFolderSync({
    dist,
    root,
    storage,
    ownFolders: [state],
    settings: () => ({
      exclude: excludedBy(config),
      respectGitignore: config.respectGitignore,
      modes: config.modes,
      deletionGuardFraction: config['deletionGuard.share'],
    }),
    backupLimits: () => ({
      maxAgeDays: config['backups.maxAgeDays'],
      maxBytes: config['backups.maxSize'] * 1_000_000,
    }),
    onDefect: (error) => out.warn(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    isLive,
  });
  if (setAside !== undefined) {
    out.warn(`The list of tracked files was damaged, and is kept at ${setAside}. Track the files again, or pull.`);
  }
  sync.onDidChangeState((now) => {
    if (now.kind === 'scanning' && now.progress.files > 0) {
      out.scanned(`Scanning for changes: ${fileCount(now.progress.files)} so far`);
    }
  });
  const reporter: Reporter = {
    signal,
    step: (step) => out.step(step),
    progress: (progress) => out.progress(progress),
  };
  return { root, sync, storage, config, autoMerge, reporter };
}

/** Binds the folder to the tree that it was connected to. Throws not_connected and UsageError. */
async function bindAsStored(
  invocation: Invocation,
  { sync, config }: OpenFolder,
  { isServerOptional = false }: OpenOptions,
): Promise<void> {
  const { credentials, transport } = invocation;
  const { binding } = sync.state;
  const token = binding && (await credentials.token(parseServerUrl(binding.server)));
  if (binding !== undefined && token !== undefined) {
    const { server: address, tree } = binding;
    const { rsyncPath: rsync, transport: setting } = config;
    const bound = { address, token, tree, rsync, transport: transport ?? setting };
    return sync.bind(serverBinding(invocation, bound), binding);
  }
  if (isServerOptional) return sync.bind(undefined, undefined);
  if (binding === undefined) throw new PalmtreeError('not_connected', 'no tree is stored');
  const fix = `Run "palmtree connect ${binding.server} --tree ${binding.tree}", or set PALMTREE_TOKEN.`;
  throw new UsageError(`There is no token for ${binding.server}. ${fix}`);
}

async function isMovedFrom(invocation: Invocation, root: string, path: string): Promise<boolean> {
  if (invocation.yes) return true;
  return canAsk() && ask(invocation, movedConfirmation(root, path));
}
