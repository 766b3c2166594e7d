import type { WireErrorCode } from './contract/errorCodes';
import type { ErrorBody } from './contract/schemas';

export type WireErrorDetails = NonNullable<ErrorBody['error']['details']>;

/** An error whose code, message and details are sent to the client. The message is a clause without a full stop. */
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

/** An error about paths: the message names the first path, the details name all of them. */
export function pathsError(code: WireErrorCode, paths: readonly string[], fault: string): WireError {
  const first = JSON.stringify(paths[0] ?? '');
  const others = paths.length > 1 ? ` (and ${paths.length - 1} more)` : '';
  return new WireError(code, `${first} ${fault}${others}`, { paths: [...paths] });
}

/**
 * An error that the operator can fix. Its message is one line of full sentences that say how. Every command prints the
 * message and exits with 1.
 */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}
