import * as vscode from 'vscode';
import { isPalmtreeError } from '../../errors';
import type { ResolveResult } from '../../sync/conflicts/resolve';
import { compareWithBackup } from '../backups/backups';
import { unsavedPaths } from '../sync/confirmations';
import { plural } from '../shared/format';
import { commandIds } from '../shared/ids';
import { showError, withProgress } from '../shared/notify';
import { skippedMessage } from '../shared/skippedMessages';
import type { SyncedFolder } from '../workspace/workspaceFolders';

const [undo, compare, show] = ['Undo', 'Compare', 'Show Backups'];

/** Says that theirs stands in the place of mine now, and offers the way back. */
export async function notifyTookTheirs(
  log: vscode.LogOutputChannel,
  owner: SyncedFolder,
  result: ResolveResult,
): Promise<void> {
  const { resolved } = result;
  const [first = ''] = resolved;
  const isOne = resolved.length === 1;
  const what = isOne ? `${first} was` : `${plural(resolved.length, 'file')} were`;
  const text = `Palmtree: ${what} taken from the server. What was here is kept.`;
  const picked = await vscode.window.showInformationMessage(text, undo, isOne ? compare : show);
  try {
    if (picked === undo) await undoTaken(log, owner, result);
    else if (picked === compare) await compareFirst(owner, result, first);
    else if (picked === show) await vscode.commands.executeCommand(commandIds.showBackups, owner.folder.uri);
  } catch (error) {
    // Escape in the list of backups takes nothing back of what was decided.
    if (!isPalmtreeError(error, 'cancelled')) void showError(error, log);
  }
}

async function undoTaken(
  log: vscode.LogOutputChannel,
  { folder, sync }: SyncedFolder,
  { backup }: ResolveResult,
): Promise<void> {
  const result = await withProgress('Palmtree: Undo', (reporter) =>
    sync.undoPull(reporter, { only: backup, hasUnsavedEdits: (path) => unsavedPaths(folder).has(path) }),
  );
  const [held] = result.skipped;
  const [skipped] = result.changedSince;
  const undone = result.restored.length + result.removed.length;
  const sentences = [
    undone > 0 ? `${plural(undone, 'file')} as before, in conflict again.` : '',
    skipped === undefined ? '' : `${skipped} changed since and stays as it is.`,
    held === undefined ? '' : `${held.path} ${skippedMessage(held)}.`,
  ].filter((sentence) => sentence !== '');
  const text = `Palmtree: ${sentences.join(' ')}`;
  log.info(`${folder.name}: ${text}`);
  if (held === undefined && skipped === undefined) void vscode.window.setStatusBarMessage(text, 8_000);
  else void vscode.window.showWarningMessage(text);
}

async function compareFirst(owner: SyncedFolder, { backup }: ResolveResult, path: string): Promise<void> {
  const kept = (await owner.sync.backups()).find(({ files }) => files.get(path)?.startsWith(backup) === true);
  const place = kept?.files.get(path);
  // Nothing is kept of what was deleted here.
  if (place === undefined) await vscode.window.showTextDocument(vscode.Uri.joinPath(owner.folder.uri, path));
  else await compareWithBackup(owner, path, place);
}
