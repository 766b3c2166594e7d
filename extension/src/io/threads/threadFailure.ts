import { PalmtreeError, type ErrorCode } from '../../errors';

export interface ThreadFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly subject: string | undefined;
}

/** What ended the work of a thread, in what crosses over; `otherwise` is the code of what has none. */
export function failureOf(error: unknown, otherwise: ErrorCode = 'scan_failed'): ThreadFailure {
  if (error instanceof PalmtreeError) {
    return {
      code: error.code,
      message: error.message,
      subject: error.details.subject,
    };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: otherwise, message, subject: undefined };
}

export function errorOf({ code, message, subject }: ThreadFailure): PalmtreeError {
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
