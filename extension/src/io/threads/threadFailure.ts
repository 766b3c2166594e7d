import { PalmtreeError, type ErrorCode, type ErrorDetails } from '../../errors';

export interface ThreadFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
}

/** What ended the work of a thread, in what crosses over; `otherwise` is the code of what has none. */
export function failureOf(error: unknown, otherwise: ErrorCode = 'scan_failed'): ThreadFailure {
  if (error instanceof PalmtreeError) return { code: error.code, message: error.message, details: error.details };
  const isError = error instanceof Error;
  const message = isError ? (error.stack ?? error.message) : String(error);
  return { code: otherwise, message, details: { stderr: isError ? error.message : message } };
}

export function errorOf({ code, message, details }: ThreadFailure): PalmtreeError {
  return new PalmtreeError(code, message, { details });
}

/** What throws cancelled once the 32-bit cell in `stop` is no longer 0. */
export function cancellationCheck(stop: SharedArrayBuffer): () => void {
  const stopped = new Int32Array(stop);
  return () => {
    if (Atomics.load(stopped, 0) !== 0) throw new PalmtreeError('cancelled', 'the scan was cancelled');
  };
}
