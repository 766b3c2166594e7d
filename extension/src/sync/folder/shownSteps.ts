import type { Reporter } from '../ports/serverBinding';
import type { SyncStatus } from './syncStatus';

/** A reporter whose steps the status shows as well; it is cancelled with `lifetime`, too. */
export function withProgress(
  status: SyncStatus,
  direction: 'push' | 'pull',
  reporter: Reporter,
  lifetime: AbortSignal,
): Reporter {
  let step = '';
  return {
    signal: AbortSignal.any([reporter.signal, lifetime]),
    isQuiet: reporter.isQuiet === true,
    step: (text) => {
      step = text;
      reporter.step(text);
      status.show({ kind: 'transferring', direction, step, progress: undefined });
    },
    progress: (progress) => {
      reporter.progress(progress);
      status.show({ kind: 'transferring', direction, step, progress });
    },
  };
}
