import { setTimeout as delay } from 'node:timers/promises';
import { PalmtreeError, type ErrorCode } from '../../errors';
import type { TransferRequest } from './transferRequest';

/** The pauses before another attempt, in milliseconds. */
export const retryDelaysMs = [500, 1_000, 2_000, 4_000, 8_000] as const;
/** After an attempt that transferred more than this, the count of retries starts over. */
export const progressBytes = 1 << 20;
/** A transfer is given up after this many attempts, however much they have transferred. */
export const maxAttempts = 100;
/** The pause before a request whose turn did not come in time, in milliseconds: the server has made it wait already. */
export const turnPauseMs = 1_000;

/** Errors after which another attempt in the same session would fail too. */
export const finalErrors: ReadonlySet<ErrorCode> = new Set([
  'storage_full',
  'disk_full',
  'too_much_data',
  'content_mismatch',
  'invalid_request',
]);

const transientErrors: ReadonlySet<ErrorCode> = new Set([
  'connection_lost',
  'server_unreachable',
  'session_busy',
  'too_many_runs',
  'internal',
]);

/** Whether another attempt in the same session may succeed. */
export function isTransient({ code, details }: PalmtreeError): boolean {
  if (code === 'proxy_refused') return details.status === 429 || details.status === 408;
  return transientErrors.has(code);
}

/** The reason why the server refused to go on; undefined if it did not, or does not tell. */
export async function refusal({
  serverRsyncError,
}: Pick<TransferRequest, 'serverRsyncError'>): Promise<PalmtreeError | undefined> {
  try {
    await serverRsyncError();
    return undefined;
  } catch (error) {
    return error instanceof PalmtreeError && finalErrors.has(error.code) ? error : undefined;
  }
}

/** Pauses before another attempt. Ends early when the transfer is cancelled. */
export async function pause(
  { screen, signal }: Pick<TransferRequest, 'screen' | 'signal'>,
  error: PalmtreeError,
  pauseMs: number,
): Promise<void> {
  screen.retrying(error, pauseMs);
  await delay(pauseMs, undefined, { signal }).catch(() => undefined);
}

export function cancelled(): PalmtreeError {
  return new PalmtreeError('cancelled', 'the transfer was cancelled');
}
