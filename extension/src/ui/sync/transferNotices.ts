import * as vscode from 'vscode';
import type { Skipped } from '../../io/apply/applyState';
import type { PullResult } from '../../sync/pull/pull';
import type { PushResult } from '../../sync/push/push';
import { formatNumber } from '../../messages/format';
import { commandIds } from '../shared/ids';
import { showNotification } from '../shared/notification';
import { notificationSource } from '../shared/notify';
import { pathList } from '../../messages/pathList';
import { baselessMessage, skippedMessage } from '../../messages/skippedMessages';
import { saveFiles } from '../workspace/unsavedFiles';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** Warns of conflicts and skipped files, and offers what helps. `again` pulls again once files are saved. */
export async function notifySkipped(
  { folder }: SyncedFolder,
  { conflicts, skipped, baseless = [] }: Pick<PullResult, 'conflicts' | 'skipped' | 'baseless'>,
  log: vscode.LogOutputChannel,
  again: () => Promise<void>,
): Promise<void> {
  const unsaved = skipped.flatMap(({ path, reason }) => (reason === 'unsaved' ? [path] : []));
  const parts = [conflictsMessage(conflicts), baselessMessage(baseless), skippedFilesMessage(skipped)];
  const text = parts.filter((part) => part !== '').join(' ');
  const save = vscode.l10n.t('Save and Pull');
  const resolve = vscode.l10n.t('Resolve…');
  const show = vscode.l10n.t('Show');
  const showLog = vscode.l10n.t('Show Log');
  const actions = [...(unsaved.length > 0 ? [save] : []), ...(conflicts.length > 0 ? [resolve] : []), show, showLog];
  const picked = await showNotification('warning', `Palmtree: ${text}`, ...actions);
  if (picked === show) await vscode.commands.executeCommand(commandIds.showConflicts, folder.uri);
  else if (picked === resolve) await vscode.commands.executeCommand(commandIds.resolveAll, folder.uri);
  else if (picked === showLog) log.show();
  else if (picked === save && (await saveFiles(folder, unsaved))) await again();
}

/** Warns of files that a push left out. `again` pushes again. */
export async function notifyUnpushed(
  { folder }: SyncedFolder,
  { skipped }: Pick<PushResult, 'skipped'>,
  log: vscode.LogOutputChannel,
  again: () => Promise<void>,
): Promise<void> {
  const tryAgain = vscode.l10n.t('Try Again');
  const showLog = vscode.l10n.t('Show Log');
  const text = `${notificationSource(folder.uri)}: ${skippedFilesMessage(skipped)}`;
  const picked = await showNotification('warning', text, tryAgain, showLog);
  if (picked === tryAgain) await again();
  else if (picked === showLog) log.show();
}

function conflictsMessage(conflicts: PullResult['conflicts']): string {
  if (conflicts.length === 0) return '';
  const paths = pathList(conflicts);
  return conflicts.length === 1
    ? vscode.l10n.t('1 conflict: {0} changed here and on the server. Both versions are kept.', paths)
    : vscode.l10n.t(
        '{0} conflicts: {1} changed here and on the server. Both versions are kept.',
        formatNumber(conflicts.length),
        paths,
      );
}

function skippedFilesMessage(skipped: readonly Skipped[]): string {
  const [first] = skipped;
  if (first === undefined) return '';
  return skipped.length === 1
    ? vscode.l10n.t('1 file was skipped: {0}', skippedMessage(first))
    : vscode.l10n.t('{0} files were skipped: {1}', formatNumber(skipped.length), skippedMessage(first));
}

/** Asks the user to check merges, which nobody has read yet. */
export async function notifyMerged({ folder }: SyncedFolder, { merged }: Pick<PullResult, 'merged'>): Promise<void> {
  const paths = pathList(merged);
  const text =
    merged.length === 1
      ? vscode.l10n.t('{0} changed on both sides and was merged. Check the result, then push.', paths)
      : vscode.l10n.t('{0} changed on both sides and were merged. Check the results, then push.', paths);
  const review = vscode.l10n.t('Review Changes');
  const picked = await showNotification('information', `Palmtree: ${text}`, review);
  if (picked === review) await vscode.commands.executeCommand(commandIds.review, folder.uri);
}

/** Offers to track folders whose other local files a pull left out. */
export async function notifySkippedFolders({ folder }: SyncedFolder, folders: readonly string[]): Promise<void> {
  if (folders.length === 0) return;
  const isOne = folders.length === 1;
  const names = folders.map((path) => `"${path === '' ? folder.name : path}"`);
  const text = isOne
    ? vscode.l10n.t("{0} has other local files; they won't be uploaded.", pathList(names))
    : vscode.l10n.t("{0} have other local files; they won't be uploaded.", pathList(names));
  const track = isOne ? vscode.l10n.t('Track Folder') : vscode.l10n.t('Track Folders');
  const picked = await showNotification('information', `Palmtree: ${text}`, track, vscode.l10n.t('Not Now'));
  if (picked !== track) return;
  const uris = folders.map((path) => vscode.Uri.joinPath(folder.uri, path));
  await vscode.commands.executeCommand(commandIds.track, uris[0], uris);
}
