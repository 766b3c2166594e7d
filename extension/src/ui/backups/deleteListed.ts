import * as vscode from 'vscode';
import type { ListedBackup } from '../../sync/folder/folderBackups';
import { confirm } from '../shared/confirm';
import { fileCount, formatBytes, formatDate, formatNumber, joined } from '../../messages/format';
import { showNotification } from '../shared/notification';
import { showResult } from '../shared/notify';
import { listSection } from '../../messages/pathList';
import { withProgress } from '../shared/withProgress';
import type { SyncedFolder } from '../workspace/workspaceFolders';
import { purposeMessage } from './purposeMessage';

/** Deletes backups, after a dialog that lists them. Those that an active merge needs are kept. */
export async function deleteListed(
  log: vscode.LogOutputChannel,
  { folder, sync }: SyncedFolder,
  backups: readonly ListedBackup[],
): Promise<void> {
  const deleted = backups.filter(({ isInUse }) => !isInUse);
  const kept = backups.filter(({ isInUse }) => isInUse);
  if (deleted.length === 0) {
    const text = vscode.l10n.t('Nothing was deleted, because a merge in progress needs this backup.');
    void showNotification('information', `Palmtree: ${text}`);
    return;
  }
  const size = formatBytes(deleted.reduce((sum, { bytes }) => sum + bytes, 0));
  const question =
    deleted.length === 1
      ? vscode.l10n.t('Delete 1 backup ({0})?', size)
      : vscode.l10n.t('Delete {0} backups ({1})?', formatNumber(deleted.length), size);
  const sections = [
    listSection(vscode.l10n.t('Will be deleted'), deleted.map(line)),
    listSection(vscode.l10n.t('Kept, because a merge in progress needs them'), kept.map(line)),
    vscode.l10n.t(
      "The pulls and decisions of these backups, and the pulls before them, can't be undone any more. Your files and the server are not changed.",
    ),
  ];
  await confirm(question, joined('\n\n', ...sections), vscode.l10n.t('Delete'));
  const names = new Set(deleted.map(({ name }) => name));
  await withProgress(vscode.l10n.t('Palmtree: Delete Backups'), () => sync.backups.delete(names));
  const text =
    deleted.length === 1
      ? vscode.l10n.t('1 backup was deleted ({0}).', size)
      : vscode.l10n.t('{0} backups were deleted ({1}).', formatNumber(deleted.length), size);
  showResult(log, folder, text, false);
}

function line({ at, purpose, files, bytes }: ListedBackup): string {
  return [formatDate(new Date(at)), purposeMessage(purpose), fileCount(files.size), formatBytes(bytes)].join(' · ');
}
