import * as vscode from 'vscode';
import type { ActiveMerges } from '../workspace/activeMerges';
import type { WorkspaceFolders } from '../workspace/workspaceFolders';
import { abortMerge } from './abortMerge';

/**
 * Aborts the merges of files that the user renames or moves in the editor. Otherwise, the unfinished result would be a new
 * file without a conflict, and a push would send its conflict markers.
 */
export function abortRenamedMerges(
  folders: WorkspaceFolders,
  merges: ActiveMerges,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const abortIn = async (renamed: vscode.Uri): Promise<void> => {
    const owner = folders.folderOf(renamed);
    if (owner === undefined) return;
    for (const merge of merges.in(owner)) {
      const file = vscode.Uri.joinPath(owner.folder.uri, ...merge.path.split('/')).path;
      if (file !== renamed.path && !file.startsWith(`${renamed.path}/`)) continue;
      await abortMerge(merges, owner, merge);
      log.info(`${merge.path} is renamed, so its merge was aborted`);
    }
  };
  return vscode.workspace.onWillRenameFiles((event) => {
    const aborted = Promise.all(event.files.map(({ oldUri }) => abortIn(oldUri)));
    event.waitUntil(aborted.catch((error: unknown) => log.warn(String(error))));
  });
}
