import type { ProgressStep } from '../ports/progressStep';
import type { Reporter } from '../ports/serverBinding';
import type { SyncStatus } from './syncStatus';

/** Returns a reporter that also shows its progress in the status, and that `lifetime` cancels too. */
export function withStatus(
  status: SyncStatus,
  direction: 'push' | 'pull',
  reporter: Reporter,
  lifetime: AbortSignal,
): Reporter {
  let step: ProgressStep = { kind: 'scanning' };
  let since = Date.now();
  let wireBytes = -1;
  return {
    signal: AbortSignal.any([reporter.signal, lifetime]),
    isQuiet: reporter.isQuiet === true,
    carrier: (carrier) => {
      reporter.carrier?.(carrier);
      status.noteCarrier(carrier);
    },
    step: (next) => {
      step = next;
      since = Date.now();
      reporter.step(next);
      status.show({ kind: 'transferring', direction, step, progress: undefined, since });
    },
    progress: (progress) => {
      if (progress.wireBytes !== wireBytes) since = Date.now();
      wireBytes = progress.wireBytes;
      reporter.progress(progress);
      status.show({ kind: 'transferring', direction, step, progress, since });
    },
  };
}
