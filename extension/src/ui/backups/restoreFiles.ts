import * as vscode from 'vscode';
import type { BackupRestoreResult } from '../../sync/history/restoreBackup';
import { confirm } from '../shared/confirm';
import { formatNumber, joined, sentences } from '../../messages/format';
import { showInStatusBar } from '../shared/notification';
import { showResult } from '../shared/notify';
import { pathSection } from '../../messages/pathList';
import { skippedMessage } from '../../messages/skippedMessages';
import { withProgress } from '../shared/withProgress';
import { notifyWithActions, undoAction } from '../workspace/undoNotice';
import { unsavedPaths } from '../workspace/unsavedFiles';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** Restores files of a backup, after a dialog that lists exactly what will happen, and offers to undo it. */
export async function restoreFiles(
  log: vscode.LogOutputChannel,
  owner: SyncedFolder,
  name: string,
  paths: readonly string[],
): Promise<void> {
  const { folder, sync } = owner;
  const title = vscode.l10n.t('Palmtree: Restore');
  const plan = await withProgress(title, (reporter) => sync.backups.planRestore(reporter, { name, paths }));
  const hasUnsavedEdits = (path: string): boolean => unsavedPaths(folder).has(path);
  const isSaved = (path: string): boolean => !hasUnsavedEdits(path);
  const [replaced, created] = [plan.replaced.filter(isSaved), plan.created.filter(isSaved)];
  const changed = new Set([...plan.replaced, ...plan.created]);
  const restored = [...replaced, ...created];
  const same = paths.filter((path) => !changed.has(path));
  if (changed.size === 0) {
    showInStatusBar(vscode.l10n.t('The files here are the same as in the backup.'), 8_000);
    return;
  }
  const [unsaved = ''] = changed;
  if (restored.length === 0) {
    showResult(log, folder, skippedMessage({ path: unsaved, reason: 'unsaved' }), true);
    return;
  }
  const sections = [
    pathSection(vscode.l10n.t('Will be replaced here'), replaced),
    pathSection(vscode.l10n.t('Will be created here'), created),
    pathSection(vscode.l10n.t('Unsaved changes, left alone'), [...changed].filter(hasUnsavedEdits)),
    pathSection(vscode.l10n.t('Already the same'), same),
    vscode.l10n.t('A backup keeps the replaced files. The server is not changed until you push.'),
  ];
  const question =
    restored.length === 1
      ? vscode.l10n.t('Restore 1 file from the backup?')
      : vscode.l10n.t('Restore {0} files from the backup?', formatNumber(restored.length));
  await confirm(question, joined('\n\n', ...sections), vscode.l10n.t('Restore'));
  const request = { name, paths: restored };
  const result = await withProgress(title, (reporter) => sync.backups.restore(reporter, request, { hasUnsavedEdits }));
  const text = restoredMessage(result);
  log.info(`${folder.name}: ${text}`);
  const undo = result.written.length > 0 ? [undoAction(log, owner, [result.backup])] : [];
  void notifyWithActions(log, folder, text, undo);
}

function restoredMessage({ written, skipped }: BackupRestoreResult): string {
  const [first = ''] = written;
  const [firstSkipped] = skipped;
  return sentences(
    written.length === 1 ? vscode.l10n.t('{0} was restored from the backup.', first) : '',
    written.length > 1 ? vscode.l10n.t('{0} files were restored from the backup.', formatNumber(written.length)) : '',
    firstSkipped === undefined ? '' : skippedMessage(firstSkipped),
  );
}
