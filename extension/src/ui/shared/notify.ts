import * as vscode from 'vscode';
import { PalmtreeError } from '../../errors';
import type { Reporter } from '../../sync/ports/serverBinding';
import { commandIds } from './ids';
import { byteSize, percent, plural } from './format';
import { messageFor, unexpectedMessage, type Message } from './errorMessages';
import { stepMessage } from './progressMessages';

/** Shorter work shows in the status bar alone. */
const notifyAfterMs = 1_000;

/** Runs long work with a progress notification that appears when it takes over a second, and can cancel it. */
export async function withProgress<T>(title: string, work: (reporter: Reporter) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let message = '';
  let shown: vscode.Progress<{ message?: string; increment?: number }> | undefined;
  let shownPercent = 0;
  const running = work({
    signal: controller.signal,
    step: (step) => {
      message = stepMessage(step);
      shown?.report({ message });
    },
    progress: ({ files, totalFiles, bytes, totalBytes }) => {
      const share = totalBytes > 0 ? percent(bytes, totalBytes) : 0;
      message = `${share}%, ${files.toLocaleString('en')} of ${plural(totalFiles, 'file')}, ${byteSize(bytes)} of ${byteSize(totalBytes)}`;
      shown?.report({ message, increment: share - shownPercent });
      shownPercent = Math.max(shownPercent, share);
    },
  });
  const timer = setTimeout(() => {
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    void vscode.window.withProgress(options, (progress, token) => {
      shown = progress;
      shownPercent = 0;
      progress.report({ message });
      token.onCancellationRequested(() => {
        progress.report({ message: 'Cancelling…' });
        controller.abort();
      });
      return running.then(
        () => undefined,
        () => undefined,
      );
    });
  }, notifyAfterMs);
  try {
    return await running;
  } finally {
    clearTimeout(timer);
  }
}

/** Who speaks in a notification; with several folders, also of which. */
export function notificationSource(folder: vscode.Uri | undefined): string {
  const several = (vscode.workspace.workspaceFolders?.length ?? 0) > 1;
  const name = folder && several ? vscode.workspace.getWorkspaceFolder(folder)?.name : undefined;
  return name === undefined ? 'Palmtree' : `Palmtree (${name})`;
}

/** The one place where an error becomes words and actions; the unexpected is logged whole and shown short. */
export async function showError(error: unknown, log: vscode.LogOutputChannel): Promise<void> {
  if (error instanceof PalmtreeError) {
    log[error.code === 'cancelled' ? 'info' : 'error'](`${error.code}: ${error.message}`);
    if (error.details.stderr) log.info(error.details.stderr);
    await notify(messageFor(error), error.root === undefined ? undefined : vscode.Uri.file(error.root));
    return;
  }
  log.error(error instanceof Error ? error : String(error));
  const action = { title: 'Show Log', command: 'showLog' } as const;
  await notify({ text: unexpectedMessage(error), severity: 'error', actions: [action] });
}

/** `folder`: the workspace folder that it is about, for what the user does then. */
async function notify({ text, severity, actions }: Message, folder?: vscode.Uri): Promise<void> {
  const show = {
    error: vscode.window.showErrorMessage,
    warning: vscode.window.showWarningMessage,
    information: vscode.window.showInformationMessage,
  }[severity];
  const titles = actions.map(({ title }) => title);
  const picked = await show(`${notificationSource(folder)}: ${text}`, ...titles);
  const action = actions.find(({ title }) => title === picked);
  if (action !== undefined) await vscode.commands.executeCommand(commandIds[action.command], folder);
}
