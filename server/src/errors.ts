import type { WireErrorCode } from './contract/errorCodes';
import type { ErrorBody } from './contract/schemas';

export type WireErrorDetails = NonNullable<ErrorBody['error']['details']>;

/** An error that the client is meant to see: its code, its message and its details cross the wire. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly code: WireErrorCode;
  readonly details: WireErrorDetails | undefined;

  constructor(code: WireErrorCode, message: string, details?: WireErrorDetails, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}

/** An error about paths: the message names the first, the details name all. */
export function pathsError(code: WireErrorCode, paths: readonly string[], fault: string): WireError {
  const first = JSON.stringify(paths[0] ?? '');
  const others = paths.length > 1 ? ` (and ${paths.length - 1} more)` : '';
  return new WireError(code, `${first} ${fault}${others}`, { paths: [...paths] });
}

/** A failure that the operator can fix: the command prints the message in one line and exits with 1. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
