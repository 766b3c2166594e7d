import * as vscode from 'vscode';
import type { Reporter } from '../../sync/ports/serverBinding';
import { percent } from './format';
import { stepMessage, transferMessage } from './progressMessages';

/** Shorter work shows in the status bar only. */
const notifyAfterMs = 1_000;

/** Runs a command with a progress notification that appears after a second and can cancel it. */
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
    progress: (transfer) => {
      message = transferMessage(transfer);
      const done = transfer.totalBytes > 0 ? percent(transfer.bytes, transfer.totalBytes) : 0;
      shown?.report({ message, increment: done - shownPercent });
      shownPercent = Math.max(shownPercent, done);
    },
  });
  const timer = setTimeout(() => {
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    void vscode.window.withProgress(options, (progress, token) => {
      shown = progress;
      shownPercent = 0;
      progress.report({ message });
      token.onCancellationRequested(() => {
        progress.report({ message: vscode.l10n.t('Cancelling…') });
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
