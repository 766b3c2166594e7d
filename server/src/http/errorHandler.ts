import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { errorCodeHeader, httpStatusByCode, type WireErrorCode } from '../contract/errorCodes';
import type { ErrorBody } from '../contract/schemas';
import { WireError, type WireErrorDetails } from '../errors';
import { isStorageFull } from '../space/isStorageFull';
import type { AppEnv } from './appEnv';
import { isClientGone } from './clientGone';
import { Throttle } from './throttle';

/** On a full disk, each push fails in this way. */
const fullDiskLog = new Throttle(10_000);

export function handleError(error: unknown, context: Context<AppEnv>): Response {
  const { body, status } = errorOf(error, context);
  return respond(context, body, status);
}

/** Logs the cause of a failed request, and returns the body and status of its response. */
export function errorOf(
  error: unknown,
  context: Context<AppEnv>,
): { readonly body: ErrorBody; readonly status: ContentfulStatusCode } {
  if (error instanceof WireError) {
    if (error.cause !== undefined) context.get('log').warn({ err: error.cause }, error.message);
    return errorWith(error.code, error.message, error.details);
  }
  if (isClientGone(error, context)) {
    context.get('log').debug({ err: error }, 'the client has closed the connection');
    return errorWith('internal', 'the client has closed the connection');
  }
  if (isStorageFull(error)) {
    const level = fullDiskLog.isDue() ? 'error' : 'debug';
    context.get('log')[level]({ err: error }, 'the disk is full');
    return errorWith('storage_full', 'the server has no space left');
  }
  context.get('log').error({ err: error }, 'unexpected error');
  return errorWith('internal', `request ${context.get('requestId')} failed unexpectedly`);
}

function errorWith(code: WireErrorCode, message: string, details?: WireErrorDetails) {
  const body: ErrorBody = { error: { code, message, ...(details === undefined ? {} : { details }) } };
  return { body, status: httpStatusByCode[code] };
}

/** Called only by a route that needs a status other than the code's own. Every other route throws a WireError. */
export function errorResponse(
  context: Context,
  code: WireErrorCode,
  message: string,
  { status = httpStatusByCode[code] }: { status?: ContentfulStatusCode } = {},
): Response {
  return respond(context, errorWith(code, message).body, status);
}

function respond(context: Context, body: ErrorBody, status: ContentfulStatusCode): Response {
  const { code } = body.error;
  context.header(errorCodeHeader, code);
  if (code === 'unauthorized') context.header('WWW-Authenticate', 'Bearer');
  return context.json(body, status);
}
