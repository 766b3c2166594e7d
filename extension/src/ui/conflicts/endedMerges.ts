import * as vscode from 'vscode';
import { isPalmtreeError } from '../../errors';
import type { FolderSync } from '../../sync/folder/folderSync';
import { unsavedPaths } from '../sync/confirmations';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import { mergeEditorTabs } from './mergeEditor';
import type { MergeInEditor, ActiveMerges } from '../workspace/activeMerges';

/** Forgets the merges that something else than a save has ended, after each change of a folder's state. */
export function followEndedMerges(
  folders: WorkspaceFolders,
  merges: ActiveMerges,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const looking = new Map<FolderSync, 'once' | 'again'>();
  const look = async (owner: SyncedFolder): Promise<void> => {
    const { sync, folder } = owner;
    const begun = merges.in(owner).filter((merge) => mayBeEnded(owner, merges, merge));
    if (begun.length === 0) return;
    if (looking.has(sync)) {
      looking.set(sync, 'again');
      return;
    }
    looking.set(sync, 'once');
    try {
      const ended = await sync.endedMerges(begun);
      await merges.end(owner, ended);
      if (ended.length > 0) log.info(`${folder.name}: the merges of ${ended.join(', ')} were ended by something else`);
    } catch (error) {
      if (!isPalmtreeError(error, 'cancelled')) log.warn(String(error));
    }
    const isAgain = looking.get(sync) === 'again';
    looking.delete(sync);
    if (isAgain) await look(owner);
  };
  const lookAtAll = (): void => folders.all.forEach((owner) => void look(owner));
  return vscode.Disposable.from(folders.onDidChange(lookAtAll), vscode.window.tabGroups.onDidChangeTabs(lookAtAll));
}

/** What an editor still works on is not ended, however it looks when it is saved on the way. */
function mayBeEnded({ folder, sync }: SyncedFolder, merges: ActiveMerges, merge: MergeInEditor): boolean {
  const { path } = merge;
  if (merges.isAborting(merge) || sync.conflicts.some((conflict) => conflict.path === path)) return false;
  return !unsavedPaths(folder).has(path) && mergeEditorTabs(vscode.Uri.joinPath(folder.uri, path)).length === 0;
}
