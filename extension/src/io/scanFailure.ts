import { PalmtreeError } from '../errors';
import type { ScanFailure } from './scanMessages';

/** What ended a pass, in what crosses between threads. */
export function failureOf(error: unknown): ScanFailure {
  if (error instanceof PalmtreeError) {
    return {
      code: error.code,
      message: error.message,
      subject: error.details.subject,
    };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'scan_failed', message, subject: undefined };
}

export function errorOf({ code, message, subject }: ScanFailure): PalmtreeError {
  return new PalmtreeError(code, message, {
    details: subject === undefined ? {} : { subject },
  });
}

/** What throws cancelled once the 32-bit cell in `stop` is no longer 0. */
export function stopWhenTold(stop: SharedArrayBuffer): () => void {
  const stopped = new Int32Array(stop);
  return () => {
    if (Atomics.load(stopped, 0) !== 0) throw new PalmtreeError('cancelled', 'the scan was cancelled');
  };
}
