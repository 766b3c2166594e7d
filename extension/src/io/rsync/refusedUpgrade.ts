import type { IncomingMessage } from 'node:http';
import { errorCodeHeader, httpStatusByCode, type WireErrorCode } from '../../../../server/src/contract/errorCodes';
import { proxyCode, redirectTarget } from '../../core/foreignResponse';
import { PalmtreeError, type ErrorCode, type ErrorDetails } from '../../errors';

/** The error for an upgrade that the server, or a proxy before it, refused. The server names its code in a header. */
export function refusedUpgrade(url: string, { statusCode: status = 0, headers }: IncomingMessage): PalmtreeError {
  const reason = `HTTP ${status}`;
  const failure = (code: ErrorCode, details: ErrorDetails): PalmtreeError =>
    new PalmtreeError(code, `could not open the rsync connection: ${reason} (${code})`, {
      details: { subject: new URL(url).host, reason, ...details },
    });
  const code = headers[errorCodeHeader];
  // The server knows this route only with an upgrade, which a proxy may not pass on.
  if (code === 'not_found' || code === 'invalid_request') return failure('websocket_refused', { status });
  if (typeof code === 'string') return failure(isKnown(code) ? code : 'connection_lost', {});
  if (status >= 300 && status < 400) return failure('redirected', { target: redirectTarget(url, headers.location) });
  return failure(proxyCode(status) ?? 'websocket_refused', { status });
}

function isKnown(code: string): code is WireErrorCode {
  return Object.hasOwn(httpStatusByCode, code);
}
