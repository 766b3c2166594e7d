import { setting } from '../shared/settings';
import type { SyncedFolder } from './workspaceFolders';

/** Whether the settings push or pull without being asked, and the user has not paused that. */
export function isAutomated({ folder: { uri }, sync }: SyncedFolder): boolean {
  if (!sync.isConnected || isAutomationPaused({ sync })) return false;
  return setting('pushOn', uri) !== 'manual' || setting('pullOn', uri) !== 'manual';
}

export function isAutomationPaused({ sync: { isConnected, state } }: Pick<SyncedFolder, 'sync'>): boolean {
  return isConnected && state.isAutomationPaused === true;
}
