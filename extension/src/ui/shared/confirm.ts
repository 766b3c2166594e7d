import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import type { CommandDeps } from '../workspace/callOptions';

/** Throws cancelled unless the user goes on. */
export async function confirm(message: string, detail: string, action: string): Promise<void> {
  const answer = await vscode.window.showWarningMessage(message, { modal: true, detail }, action);
  if (answer === undefined) throw new PalmtreeError('cancelled', `${action} was not confirmed`);
}

/** How it went: passing by in the status bar, or a warning that stays. Either way it is in the log. */
export function notifyResult(
  { log }: CommandDeps,
  folder: vscode.WorkspaceFolder,
  text: string,
  isWarning: boolean,
): void {
  log.info(`${folder.name}: ${text}`);
  if (isWarning) void vscode.window.showWarningMessage(`Palmtree: ${text}`);
  else void vscode.window.setStatusBarMessage(`Palmtree: ${text}`, 8_000);
}
