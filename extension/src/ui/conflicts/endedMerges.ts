import * as vscode from 'vscode';
import { isPalmtreeError } from '../../errors';
import type { FolderSync } from '../../sync/folder/folderSync';
import type { ActiveMerges, RecordedMerge } from '../workspace/activeMerges';
import { unsavedPaths } from '../workspace/unsavedFiles';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import { mergeEditorTabs } from './mergeEditor';

/** Forgets the active merges that something other than a save has ended, whenever a folder's state or a tab changes. */
export function forgetEndedMerges(
  folders: WorkspaceFolders,
  merges: ActiveMerges,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const running = new Map<FolderSync, 'once' | 'again'>();
  const check = async (owner: SyncedFolder): Promise<void> => {
    const { sync, folder } = owner;
    const candidates = merges.in(owner).filter((merge) => mayBeEnded(owner, merges, merge));
    if (candidates.length === 0) return;
    if (running.has(sync)) {
      running.set(sync, 'again');
      return;
    }
    running.set(sync, 'once');
    try {
      const ended = await sync.merges.ended(candidates);
      await merges.end(owner, ended);
      if (ended.length > 0) log.info(`${folder.name}: the merges of ${ended.join(', ')} have ended`);
    } catch (error) {
      if (!isPalmtreeError(error, 'cancelled')) log.warn(String(error));
    }
    const mustRepeat = running.get(sync) === 'again';
    running.delete(sync);
    if (mustRepeat) await check(owner);
  };
  const checkAll = (): void => folders.all.forEach((owner) => void check(owner));
  return vscode.Disposable.from(folders.onDidChange(checkAll), vscode.window.tabGroups.onDidChangeTabs(checkAll));
}

/** A merge that is open or unsaved in an editor has not ended, whatever its file contains. */
function mayBeEnded({ folder, sync }: SyncedFolder, merges: ActiveMerges, merge: RecordedMerge): boolean {
  const { path } = merge;
  if (merges.isAborting(merge) || sync.conflicts.some((conflict) => conflict.path === path)) return false;
  return !unsavedPaths(folder).has(path) && mergeEditorTabs(vscode.Uri.joinPath(folder.uri, path)).length === 0;
}
