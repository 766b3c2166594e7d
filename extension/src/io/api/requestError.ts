import { FetchError } from 'ofetch';
import { httpStatusByCode, type WireErrorCode } from '../../../../server/src/contract/errorCodes';
import { errorBody, type ErrorBody } from '../../../../server/src/contract/schemas';
import { proxyCode } from '../../core/foreignResponse';
import { PalmtreeError, type ErrorCode, type ErrorDetails } from '../../errors';
import { RedirectError } from './redirect';
import { SilenceError, SizeError, SlownessError } from './responseFaults';

/**
 * The error that Node 24.14 and 24.15 throw for a 401 to a streamed body: https://github.com/nodejs/undici/issues/5018.
 */
const hidden401 = 'expected non-null body source';

/** The server's words are shown up to this length. */
const maxReasonChars = 1_000;

/**
 * Substitutes for unknown codes, by status. No other code can stand in for an unknown one, because commands act on it:
 * an unknown 409 must not start a pull as stale_base does.
 */
const codeByStatus: Readonly<Record<number, WireErrorCode>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  413: 'body_too_large',
  429: 'session_busy',
  507: 'storage_full',
};

export interface FailedRequest {
  /** The method and path, for the log. */
  readonly request: string;
  /** The server's address, for the user. */
  readonly address: string;
  readonly signal: AbortSignal | undefined;
}

/** Throws the error in `value`, the body of a response with status 200: the request failed after the first heartbeat. */
export function throwIfError(value: unknown, { request, address }: Omit<FailedRequest, 'signal'>): void {
  const parsed = errorBody.safeParse(value);
  if (parsed.success) throw serverError(parsed.data.error, 500, { request, address, cause: undefined });
}

/** Turns whatever ofetch or a response's stream threw into an error with the server's code or a local one. */
export async function requestError(
  error: unknown,
  { request, address, signal }: FailedRequest,
): Promise<PalmtreeError> {
  if (error instanceof PalmtreeError) return error;
  if (signal?.aborted) return new PalmtreeError('cancelled', `${request}: cancelled`, { cause: error });
  const failure = (code: ErrorCode, reason: string, details?: ErrorDetails) =>
    new PalmtreeError(code, `${request}: ${reason}`, {
      cause: error,
      details: { subject: address, reason, ...details },
    });
  const known = causeIn(error, PalmtreeError);
  if (known !== undefined) return known;
  const redirect = causeIn(error, RedirectError);
  if (redirect !== undefined) return failure('redirected', redirect.message, { target: redirect.target });
  const silence = causeIn(error, SilenceError);
  if (silence !== undefined) return failure('no_response', silence.message, { silenceMs: silence.ms });
  const slowness = causeIn(error, SlownessError);
  if (slowness !== undefined) return failure('too_slow', slowness.message);
  const size = causeIn(error, SizeError);
  if (size !== undefined) return failure('too_much_data', size.message, { limit: size.limit });

  if (!(error instanceof FetchError) || error.response === undefined) {
    const reason = rootMessage(error);
    return reason === hidden401 ? failure('unauthorized', 'HTTP 401') : failure('server_unreachable', reason);
  }
  const { status } = error.response;
  const parsed = errorBody.safeParse(await jsonOf(error.data));
  if (parsed.success) return serverError(parsed.data.error, status, { request, address, cause: error });
  return failure(proxyCode(status) ?? 'not_a_palmtree_server', `HTTP ${status}`, { status });
}

function serverError(
  { code, message, details }: ErrorBody['error'],
  status: number,
  { request, address, cause }: { readonly request: string; readonly address: string; readonly cause: unknown },
): PalmtreeError {
  const known = knownCode(code, status);
  const reason = message.slice(0, maxReasonChars);
  const text = known === code ? reason : `${reason} (${code.slice(0, maxReasonChars)}, HTTP ${status})`;
  return new PalmtreeError(known, `${request}: ${text}`, {
    cause,
    details: {
      subject: address,
      reason,
      ...(details?.head === undefined ? {} : { head: details.head }),
      ...(details?.name === undefined ? {} : { tree: details.name }),
      ...(details?.paths === undefined ? {} : { paths: details.paths }),
      ...(details?.room === undefined ? {} : { room: details.room }),
    },
  });
}

/** A code that only a newer server knows is replaced by one for its HTTP status. */
function knownCode(code: string, status: number): WireErrorCode {
  if (isKnown(code)) return code;
  return codeByStatus[status] ?? (status >= 500 ? 'internal' : 'invalid_request');
}

function isKnown(code: string): code is WireErrorCode {
  return Object.hasOwn(httpStatusByCode, code);
}

/** The body of an error. ofetch leaves it in the format that the request asked for. */
async function jsonOf(data: unknown): Promise<unknown> {
  if (!(data instanceof ArrayBuffer) && !(data instanceof ReadableStream)) return data;
  return new Response(data as ArrayBuffer | ReadableStream<Uint8Array>).json().catch(() => undefined);
}

/** The cause of `error`, or of one of its causes, that has the given class. */
function causeIn<T extends Error>(error: unknown, type: new (...args: never[]) => T): T | undefined {
  for (let inner = error; inner instanceof Error; inner = inner.cause) if (inner instanceof type) return inner;
  return undefined;
}

/** The innermost reason: fetch wraps it (ECONNREFUSED, a certificate) in two or three layers of "fetch failed". */
function rootMessage(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  if (!(inner instanceof Error)) return String(inner);
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : undefined;
  return code === undefined || inner.message.includes(code) ? inner.message : `${code}: ${inner.message}`;
}
