import { isAbsolute, join, resolve } from 'node:path';
import { storageName } from '../../core/tracking/ownStorage';

/**
 * The folder of everything that palmtree keeps on this machine; PALMTREE_STATE names another one. It has the name of VS Code's
 * folders for the extension, so neither syncs it if the user tracks a folder above it.
 */
export function stateFolder(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform, home: string): string {
  const { PALMTREE_STATE: own, LOCALAPPDATA: localData, XDG_STATE_HOME: xdg } = environment;
  if (own) return resolve(own);
  if (platform === 'win32') return join(localData || join(home, 'AppData', 'Local'), storageName);
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', storageName);
  // The specification of the base directories ignores relative paths.
  return join(xdg && isAbsolute(xdg) ? xdg : join(home, '.local', 'state'), storageName);
}

/** The storages of the folders, in the place of those that VS Code gives to a window. */
export function windowStorageIn(state: string): string {
  return join(state, 'storage', 'cli', 'folders');
}
