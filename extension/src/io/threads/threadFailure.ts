import { PalmtreeError, type ErrorCode, type ErrorDetails } from '../../errors';

/** An error in a form that can be posted to another thread. */
export interface ThreadFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
}

/** Converts an error for another thread. An error without a code of its own gets `defaultCode`. */
export function failureOf(error: unknown, defaultCode: ErrorCode): ThreadFailure {
  if (error instanceof PalmtreeError) return { code: error.code, message: error.message, details: error.details };
  const isError = error instanceof Error;
  const message = isError ? (error.stack ?? error.message) : String(error);
  return { code: defaultCode, message, details: { reason: isError ? error.message : message } };
}

/** The reverse of `failureOf`. */
export function errorOf({ code, message, details }: ThreadFailure): PalmtreeError {
  return new PalmtreeError(code, message, { details });
}
