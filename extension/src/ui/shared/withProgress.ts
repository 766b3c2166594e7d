import { l10n } from 'vscode';
import type { Reporter } from '../../sync/ports/serverBinding';
import { percent } from '../../messages/format';
import { showProgress, type ProgressNotification } from './notification';
import { runningMessage, type RunningStep } from '../../messages/progressMessages';

/** Shorter work shows in the status bar only. */
const notifyAfterMs = 1_000;

/** Runs a command with a progress notification that appears after a second and can cancel it. */
export async function withProgress<T>(title: string, work: (reporter: Reporter) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let current: RunningStep = { step: { kind: 'scanning' }, progress: undefined, since: Date.now() };
  const message = (): string => runningMessage(current, new Date());
  let shown: ProgressNotification | undefined;
  let shownPercent = 0;
  const running = work({
    signal: controller.signal,
    step: (step) => {
      current = { step, progress: undefined, since: Date.now() };
      shown?.report(message());
    },
    progress: (progress) => {
      const isStalled = progress.wireBytes === current.progress?.wireBytes;
      current = { ...current, progress, since: isStalled ? current.since : Date.now() };
      const done = progress.totalBytes > 0 ? percent(progress.bytes, progress.totalBytes) : 0;
      shown?.report(message(), done - shownPercent);
      shownPercent = Math.max(shownPercent, done);
    },
  });
  const timer = setTimeout(() => {
    showProgress(title, (notification) => {
      shown = notification;
      shownPercent = 0;
      notification.report(message());
      notification.onCancel(() => {
        controller.abort();
        shown = undefined;
        notification.report(l10n.t('Cancelling…'));
      });
      return running.then(
        () => undefined,
        () => undefined,
      );
    });
  }, notifyAfterMs);
  // The time that the server is silent changes without an event.
  const clock = setInterval(() => shown?.report(message()), 1_000);
  try {
    return await running;
  } finally {
    clearTimeout(timer);
    clearInterval(clock);
  }
}
