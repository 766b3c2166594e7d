import * as vscode from 'vscode';
import { sharedSettingsName } from '../../core/sharedFiles';
import { ignoredKeysMessage } from '../../messages/sharedRulesMessages';
import type { FolderSync } from '../../sync/folder/folderSync';
import { notifyWithActions } from './undoNotice';
import type { SyncedFolder, WorkspaceFolders } from './workspaceFolders';

/** Warns of keys in the shared settings of the folders that do not count, once for each change of them. */
export function registerSharedRulesWarnings(
  folders: WorkspaceFolders,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const shown = new WeakMap<FolderSync, string>();
  const check = ({ folder, sync }: SyncedFolder): void => {
    const rules = sync.choice.sharedRules;
    const text = rules === undefined ? '' : ignoredKeysMessage(rules);
    if (rules === undefined || shown.get(sync) === text) return;
    shown.set(sync, text);
    if (text === '') return;
    log.warn(`${folder.name}: ${text}`);
    const uri = vscode.Uri.joinPath(folder.uri, sharedSettingsName);
    const open = { title: vscode.l10n.t('Open File'), run: () => vscode.window.showTextDocument(uri) };
    void notifyWithActions(log, folder, text, [open], 'warning');
  };
  return folders.onDidChange(() => folders.all.forEach(check));
}
