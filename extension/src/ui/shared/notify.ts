import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import { messageFor, type Message } from './errorMessages';
import { showInStatusBar, showNotification } from './notification';
import { commandOf } from './runAction';

/** The first words of a notification: the product, and in a workspace with several folders the folder. */
export function notificationSource(folder: vscode.Uri | undefined): string {
  const name = folder && hasSeveralFolders() ? vscode.workspace.getWorkspaceFolder(folder)?.name : undefined;
  return name === undefined ? 'Palmtree' : `Palmtree (${name})`;
}

/** Whether a text has to name the folder that it is about. */
export function hasSeveralFolders(): boolean {
  return (vscode.workspace.workspaceFolders?.length ?? 0) > 1;
}

/** Logs a command's result and shows it: in the status bar, or as a warning that stays. */
export function showResult(
  log: vscode.LogOutputChannel,
  folder: vscode.WorkspaceFolder,
  text: string,
  isWarning: boolean,
): void {
  log.info(`${folder.name}: ${text}`);
  if (isWarning) void showNotification('warning', `Palmtree: ${text}`);
  else showInStatusBar(text, 8_000);
}

/** Logs an error in full and shows its message, with the commands that help. */
export async function showError(error: unknown, log: vscode.LogOutputChannel): Promise<void> {
  if (!(error instanceof PalmtreeError)) {
    log.error(error instanceof Error ? error : String(error));
    await notify(messageFor(error));
    return;
  }
  log[error.code === 'cancelled' ? 'info' : 'error'](`${error.code}: ${error.message}`);
  if (error.details.reason) log.info(error.details.reason);
  await notify(messageFor(error), error.root === undefined ? undefined : vscode.Uri.file(error.root), error.again);
}

/** `folder` is passed to the command that the user picks; "Try Again" runs `again`. */
export async function notify(
  { text, severity, actions }: Message,
  folder?: vscode.Uri,
  again?: PalmtreeError['again'],
): Promise<void> {
  const titles = actions.map(({ title }) => title);
  const picked = await showNotification(severity, `${notificationSource(folder)}: ${text}`, ...titles);
  const action = actions.find(({ title }) => title === picked);
  if (action === undefined) return;
  const { command, arguments: args = [] } = commandOf(action, folder);
  await vscode.commands.executeCommand(command, ...args, ...(action.command === 'tryAgain' ? [again] : []));
}
