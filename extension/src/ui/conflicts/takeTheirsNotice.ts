import * as vscode from 'vscode';
import { isPalmtreeError } from '../../errors';
import type { ResolveResult } from '../../sync/conflicts/resolve';
import type { UndoPullResult } from '../../sync/history/undoPull';
import { compareWithBackup } from '../backups/backups';
import { formatNumber } from '../shared/format';
import { commandIds } from '../shared/ids';
import { showError, showResult } from '../shared/notify';
import { skippedMessage } from '../shared/skippedMessages';
import { changedSinceMessage } from '../shared/undoMessages';
import { withProgress } from '../shared/withProgress';
import { unsavedPaths } from '../workspace/unsavedFiles';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** Reports that the server's versions replaced the local ones, and offers to undo it. */
export async function notifyTookTheirs(
  log: vscode.LogOutputChannel,
  owner: SyncedFolder,
  result: ResolveResult,
): Promise<void> {
  const { resolved } = result;
  const [first = ''] = resolved;
  const isOne = resolved.length === 1;
  const text = isOne
    ? vscode.l10n.t("{0} was replaced with the server's version. Your version is in the backups.", first)
    : vscode.l10n.t(
        "{0} files were replaced with the server's versions. Your versions are in the backups.",
        formatNumber(resolved.length),
      );
  const undo = vscode.l10n.t('Undo');
  const compare = vscode.l10n.t('Compare');
  const showBackups = vscode.l10n.t('Show Backups');
  const picked = await vscode.window.showInformationMessage(`Palmtree: ${text}`, undo, isOne ? compare : showBackups);
  try {
    if (picked === undo) await undoTakeTheirs(log, owner, result);
    else if (picked === compare) await compareFirst(owner, result, first);
    else if (picked === showBackups) await vscode.commands.executeCommand(commandIds.showBackups, owner.folder.uri);
  } catch (error) {
    // Escape in the list of backups cancels only the list.
    if (!isPalmtreeError(error, 'cancelled')) void showError(error, log);
  }
}

async function undoTakeTheirs(
  log: vscode.LogOutputChannel,
  { folder, sync }: SyncedFolder,
  { backup }: ResolveResult,
): Promise<void> {
  const result = await withProgress(vscode.l10n.t('Palmtree: Undo'), (reporter) =>
    sync.undoPull(reporter, { only: backup, hasUnsavedEdits: (path) => unsavedPaths(folder).has(path) }),
  );
  const isWarning = result.skipped.length + result.changedSince.length > 0;
  showResult(log, folder, undoneMessage(result), isWarning);
}

function undoneMessage({ restored, removed, changedSince, skipped }: UndoPullResult): string {
  const undone = restored.length + removed.length;
  const [first] = skipped;
  return [
    undone === 1 ? vscode.l10n.t('1 file is as it was before, and in conflict again.') : '',
    undone > 1 ? vscode.l10n.t('{0} files are as they were before, and in conflict again.', formatNumber(undone)) : '',
    changedSinceMessage(changedSince),
    first === undefined ? '' : skippedMessage(first),
  ]
    .filter((part) => part !== '')
    .join(' ');
}

async function compareFirst(owner: SyncedFolder, { backup }: ResolveResult, path: string): Promise<void> {
  const backups = await owner.sync.backups.list();
  const copy = backups.find(({ files }) => files.get(path)?.startsWith(backup) === true)?.files.get(path);
  // A conflict with a local deletion has no backup.
  if (copy === undefined) await vscode.window.showTextDocument(vscode.Uri.joinPath(owner.folder.uri, path));
  else await compareWithBackup(owner, path, copy);
}
