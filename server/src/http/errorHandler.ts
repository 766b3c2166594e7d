import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { errorCodeHeader, httpStatusByCode, type WireErrorCode } from '../contract/errorCodes';
import type { ErrorBody } from '../contract/schemas';
import { WireError, type WireErrorDetails } from '../errors';
import type { AppEnv } from './appEnv';

export function handleError(error: unknown, context: Context<AppEnv>): Response {
  if (error instanceof WireError) {
    if (error.cause !== undefined) context.get('log').warn({ err: error.cause }, error.message);
    const { code, message, details } = error;
    return errorResponse(context, code, message, details === undefined ? {} : { details });
  }
  if (isStorageFull(error)) {
    context.get('log').error({ err: error }, 'the disk is full');
    return errorResponse(context, 'storage_full', 'the server has no space left');
  }
  context.get('log').error({ err: error }, 'unexpected error');
  return errorResponse(context, 'internal', `request ${context.get('requestId')} failed unexpectedly`);
}

/** Called only by a route that needs a status other than the code's own. Every other route throws a WireError. */
export function errorResponse(
  context: Context,
  code: WireErrorCode,
  message: string,
  { details, status = httpStatusByCode[code] }: { details?: WireErrorDetails; status?: ContentfulStatusCode } = {},
): Response {
  const body: ErrorBody = { error: { code, message, ...(details === undefined ? {} : { details }) } };
  context.header(errorCodeHeader, code);
  if (code === 'unauthorized') context.header('WWW-Authenticate', 'Bearer');
  return context.json(body, status);
}

const sqliteFull = 13;

function isStorageFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as Error & { code?: unknown; errcode?: unknown };
  return code === 'ENOSPC' || code === 'EDQUOT' || errcode === sqliteFull;
}
