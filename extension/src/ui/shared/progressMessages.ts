import type { PalmtreeError } from '../../errors';
import type { ProgressStep } from '../../sync/ports/progressStep';
import type { TransferOutcome, TransferTitle } from '../../sync/ports/serverBinding';
import { plural } from './format';
import { unexpectedMessage } from './errorMessages';

/** The part of a command that is running, without a full stop. */
export function stepMessage(step: ProgressStep): string {
  switch (step.kind) {
    case 'scanning':
      return 'Looking for changes';
    case 'verifyingAll':
      return 'Verifying all tracked files';
    case 'fetchingChanges':
      return 'Asking the server for changes';
    case 'fetchingRevision':
      return `Asking the server for revision ${step.revision}`;
    case 'sending':
      return `Sending ${plural(step.count, 'file')}`;
    case 'receiving':
      return `Receiving ${plural(step.count, 'file')}`;
    case 'verifying':
      return 'Verifying the received files';
    case 'merging':
      return 'Merging';
    case 'applying':
      return 'Applying changes';
    case 'undoing':
      return 'Restoring the previous files';
    case 'committing':
      return 'The server is verifying the files';
  }
}

/** The heading of a transfer in the terminal. */
export function runTitle({ direction, files }: TransferTitle): string {
  return `${direction === 'push' ? 'push' : 'pull'} ${plural(files, 'file')}`;
}

/** The last line of a transfer in the terminal. */
export function runSummary(outcome: TransferOutcome): string {
  switch (outcome.kind) {
    case 'done':
      return 'Transferred.';
    case 'partial':
      return 'Some files changed meanwhile. They will be scanned again.';
    case 'cancelled':
      return 'Cancelled.';
    case 'failed':
      return unexpectedMessage(outcome.error);
  }
}

/** The line between two attempts of a transfer in the terminal. */
export function retryMessage({ details }: PalmtreeError, pauseMs: number): string {
  const pause = `Trying again in ${pauseMs / 1000} s.`;
  if (details.exit !== undefined) return `rsync ended with ${details.exit}. ${pause}`;
  return `The connection was lost (${details.stderr}). ${pause}`;
}
