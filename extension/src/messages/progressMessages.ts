import { l10n } from 'vscode';
import type { PalmtreeError } from '../errors';
import type { TransferProgress } from '../io/transfer/transferProgress';
import type { ProgressStep } from '../sync/ports/progressStep';
import type { SentPack, TransferOutcome, TransferTitle } from '../sync/ports/serverBinding';
import { errorText } from './errorTexts';
import {
  fileCount,
  formatBytes,
  formatDuration,
  formatNumber,
  formatPercent,
  formatRate,
  sentences,
  withDetail,
} from './format';

/** The part of a command that is running, without a full stop. */
function stepMessage(step: ProgressStep): string {
  switch (step.kind) {
    case 'scanning':
      return l10n.t('Scanning for changes');
    case 'verifyingAll':
      return l10n.t('Verifying all tracked files');
    case 'awaitingServer':
      return l10n.t('Waiting for the server');
    case 'fetchingChanges':
      return l10n.t('Fetching changes from the server');
    case 'fetchingRevision':
      return l10n.t('Fetching revision {0} from the server', step.revision);
    case 'sending':
      return step.count === 1 ? l10n.t('Sending 1 file') : l10n.t('Sending {0} files', formatNumber(step.count));
    case 'receiving':
      return step.count === 1 ? l10n.t('Receiving 1 file') : l10n.t('Receiving {0} files', formatNumber(step.count));
    case 'verifying':
      return l10n.t('Verifying the received files');
    case 'merging':
      return l10n.t('Merging');
    case 'applying':
      return l10n.t('Updating the folder');
    case 'undoing':
      return l10n.t('Restoring the previous files');
    case 'committing':
      return l10n.t('The server is verifying the files');
    case 'awaitingCommit':
      return l10n.t('The server is still busy with this push');
  }
}

/** Steps during which nothing but the server's response is awaited. */
const waitingSteps: ReadonlySet<ProgressStep['kind']> = new Set([
  'awaitingServer',
  'fetchingChanges',
  'fetchingRevision',
  'committing',
  'awaitingCommit',
]);
/** A shorter wait is not worth a word. */
const shownWaitMs = 5_000;

export interface RunningStep {
  readonly step: ProgressStep;
  readonly progress: TransferProgress | undefined;
  /** The time of the last progress, in milliseconds since 1970. */
  readonly since: number;
}

/** Whether a response of the server has been awaited for long, and nothing else is done. */
export function isAwaiting({ step, progress, since }: RunningStep, now: Date): boolean {
  return isLongAgo(since, now) && !hasBytes(progress) && waitingSteps.has(step.kind);
}

/** `Sending 40 files: 31%, …`, with the speed and the time left, or with the time for which nothing has come from the server. */
export function runningMessage(running: RunningStep, now: Date): string {
  const { step, progress, since } = running;
  const message = stepMessage(step);
  if (progress?.isQueued === true) return queuedMessage();
  if (!hasBytes(progress)) return isAwaiting(running, now) ? withDetail(message, secondsSince(since, now)) : message;
  const done = transferMessage(progress);
  if (progress.isReconnecting === true) return l10n.t('The connection was lost at {0}. Reconnecting…', done);
  // One of the two rsyncs may be reading a large file.
  if (isLongAgo(since, now)) return l10n.t('{0}: {1}. No data for {2}', message, done, secondsSince(since, now));
  const left = timeLeftMessage(running, now);
  if (left === '') return l10n.t('{0}: {1}', message, done);
  return l10n.t('{0}: {1}, {2}, {3}', message, done, formatRate(progress.bytesPerSecond ?? 0), left);
}

/** `45 sec left`; empty as long as the time is not known. */
export function timeLeftMessage({ progress, since }: RunningStep, now: Date): string {
  if (progress?.bytesPerSecond === undefined || progress.isReconnecting === true || isLongAgo(since, now)) return '';
  const bytes = progress.totalBytes - progress.bytes;
  return bytes > 0 ? l10n.t('{0} left', formatDuration(bytes / progress.bytesPerSecond)) : '';
}

function isLongAgo(since: number, now: Date): boolean {
  return now.getTime() - since >= shownWaitMs;
}

function hasBytes(progress: TransferProgress | undefined): progress is TransferProgress {
  return progress !== undefined && progress.totalBytes > 0;
}

export function waitMessage(since: number, now: Date): string {
  return withDetail(l10n.t('Waiting for the server'), secondsSince(since, now));
}

function secondsSince(since: number, now: Date): string {
  return formatDuration(Math.floor((now.getTime() - since) / 1000));
}

/** `31%, 12 of 40 files, 186.0 MB of 600.0 MB`. */
function transferMessage({ files, totalFiles, bytes, totalBytes }: TransferProgress): string {
  const done = formatPercent(bytes, Math.max(totalBytes, 1));
  const [count, size, totalSize] = [formatNumber(files), formatBytes(bytes), formatBytes(totalBytes)];
  return totalFiles === 1
    ? l10n.t('{0}, {1} of 1 file, {2} of {3}', done, count, size, totalSize)
    : l10n.t('{0}, {1} of {2} files, {3} of {4}', done, count, formatNumber(totalFiles), size, totalSize);
}

/** The heading of a transfer in the terminal. */
export function transferTitle({ direction, files }: TransferTitle): string {
  const count = formatNumber(files);
  if (direction === 'push') return files === 1 ? l10n.t('Push 1 file') : l10n.t('Push {0} files', count);
  return files === 1 ? l10n.t('Pull 1 file') : l10n.t('Pull {0} files', count);
}

/** The line before a pack in the terminal: rsync itself shows only the name of the pack. */
export function packMessage({ number, count, files }: SentPack): string {
  const [first, last] = [files[0]?.path ?? '', files.at(-1)?.path ?? ''];
  const counts = [formatNumber(number), formatNumber(count), fileCount(files.length)];
  return l10n.t('Pack {0} of {1}: {2}, {3} … {4}', ...counts, first, last);
}

/** The last line of a transfer in the terminal. */
export function transferSummary(outcome: TransferOutcome): string {
  switch (outcome.kind) {
    case 'done':
      return l10n.t('Transferred.');
    case 'partial':
      return l10n.t('Some files changed in the meantime. They are scanned again.');
    case 'cancelled':
      return l10n.t('Cancelled.');
    case 'failed':
      return errorText(outcome.error);
  }
}

/** The line between two attempts of a transfer in the terminal. */
export function retryMessage(error: PalmtreeError, pauseMs: number): string {
  if (error.code === 'too_many_runs') return queuedMessage();
  return sentences(retryCause(error), l10n.t('Trying again in {0}.', formatDuration(pauseMs / 1000)));
}

function retryCause(error: PalmtreeError): string {
  const { exit, reason = '' } = error.details;
  if (exit !== undefined) return l10n.t('rsync failed with {0}.', exit);
  if (error.code === 'no_response') return errorText(error);
  return reason === '' ? l10n.t('The connection was lost.') : l10n.t('The connection was lost ({0}).', reason);
}

function queuedMessage(): string {
  return l10n.t('The server is busy with other transfers of this token. Waiting for a turn…');
}
