import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';

/** Asks in a modal dialog. Throws cancelled unless the user picks `action`. */
export async function confirm(message: string, detail: string, action: string): Promise<void> {
  const answer = await vscode.window.showWarningMessage(message, { modal: true, detail }, action);
  if (answer !== action) throw new PalmtreeError('cancelled', `${action} was not confirmed`);
}
