import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import type { BackedUpFiles } from '../../sync/transfer/backups';
import { serverDocument } from '../documents/serverDocuments';
import { fileCount, formatDate } from '../shared/format';
import { targetFolder } from '../workspace/callOptions';
import type { SyncedFolder, WorkspaceFolders } from '../workspace/workspaceFolders';
import { purposeMessage } from './purposeMessage';

/** Lets the user pick a backup and a file in it, and compares that file with the local one. */
export async function showBackups(folders: WorkspaceFolders, argument: unknown): Promise<void> {
  const owner = await targetFolder(folders, argument);
  const backups = await owner.sync.backups.list();
  if (backups.length === 0) {
    const text = vscode.l10n.t('There are no backups yet. Nothing was replaced or deleted here.');
    void vscode.window.showInformationMessage(`Palmtree: ${text}`);
    return;
  }
  const { files } = await pick(backups.map(backupItem), vscode.l10n.t('Select a backup of replaced or deleted files'));
  const items = [...files].map(([path, copy]) => ({ label: path, path, copy }));
  const { path, copy } = await pick(items, vscode.l10n.t('Select a file to compare with the local one'));
  await compareWithBackup(owner, path, copy);
}

/** Opens a diff with the backup `copy` on the left and the local file on the right. */
export async function compareWithBackup(owner: SyncedFolder, path: string, copy: string): Promise<void> {
  const name = path.split('/').at(-1) ?? path;
  // In revision 0 every file is empty.
  const local = owner.sync.isOnDisk(path)
    ? vscode.Uri.joinPath(owner.folder.uri, ...path.split('/'))
    : serverDocument(owner, path, 0);
  const title = vscode.l10n.t('{0} (backup ↔ local)', name);
  await vscode.commands.executeCommand('vscode.diff', vscode.Uri.file(copy), local, title);
}

function backupItem({ at, purpose, files }: BackedUpFiles): vscode.QuickPickItem & Pick<BackedUpFiles, 'files'> {
  return { label: [formatDate(new Date(at)), purposeMessage(purpose), fileCount(files.size)].join(' · '), files };
}

async function pick<T extends vscode.QuickPickItem>(items: readonly T[], placeHolder: string): Promise<T> {
  const title = vscode.l10n.t('Palmtree: Show Backups');
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder });
  if (picked === undefined) throw new PalmtreeError('cancelled', 'nothing was picked');
  return picked;
}
