import * as vscode from 'vscode';
import type { Choice, ResolveResult } from '../../sync/conflicts/resolve';
import { compareWithBackup } from '../backups/backups';
import { formatNumber } from '../../messages/format';
import { commandIds } from '../shared/ids';
import { notifyWithActions, undoAction, type NoticeAction } from '../workspace/undoNotice';
import type { SyncedFolder } from '../workspace/workspaceFolders';

/** Reports a decision, and offers to undo it. */
export async function notifyResolved(
  log: vscode.LogOutputChannel,
  owner: SyncedFolder,
  result: ResolveResult,
  choice: Choice,
): Promise<void> {
  const undo = undoAction(log, owner, [result.backup]);
  const more = choice === 'theirs' ? [lookAction(owner, result)] : [];
  await notifyWithActions(log, owner.folder, resolvedMessage(result, choice), [undo, ...more]);
}

function resolvedMessage({ resolved, theirPaths }: ResolveResult, choice: Choice): string {
  const [first = ''] = resolved;
  const isOne = resolved.length === 1;
  const count = formatNumber(resolved.length);
  switch (choice) {
    case 'mine':
      return isOne
        ? vscode.l10n.t('Your version of {0} is kept. Push to upload it.', first)
        : vscode.l10n.t('Your versions of {0} files are kept. Push to upload them.', count);
    case 'theirs':
      return isOne
        ? vscode.l10n.t("{0} was replaced with the server's version. Your version is in the backups.", first)
        : vscode.l10n.t("{0} files were replaced with the server's versions. Your versions are in the backups.", count);
    case 'both': {
      if (!isOne) return vscode.l10n.t('Both versions of {0} files are kept. Push to upload them.', count);
      // Only here does the user learn the new name.
      const copy = theirPaths.get(first);
      return copy === undefined
        ? vscode.l10n.t('Both versions of {0} are kept. Push to upload them.', first)
        : vscode.l10n.t("The server's version was saved as {0}. Push to upload both.", copy);
    }
  }
}

/** Compares the only replaced file, or lists the backups. */
function lookAction(owner: SyncedFolder, result: ResolveResult): NoticeAction {
  const [first = ''] = result.resolved;
  return result.resolved.length === 1
    ? { title: vscode.l10n.t('Compare'), run: () => compareFirst(owner, result, first) }
    : {
        title: vscode.l10n.t('Show Backups'),
        run: () => vscode.commands.executeCommand(commandIds.showBackups, owner.folder.uri),
      };
}

async function compareFirst(owner: SyncedFolder, { backup }: ResolveResult, path: string): Promise<void> {
  const backups = await owner.sync.backups.list();
  const copy = backups.find(({ files }) => files.get(path)?.startsWith(backup) === true)?.files.get(path);
  // A conflict with a local deletion has no backup.
  if (copy === undefined) await vscode.window.showTextDocument(vscode.Uri.joinPath(owner.folder.uri, path));
  else await compareWithBackup(owner, path, copy);
}
