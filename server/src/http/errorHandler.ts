import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { httpStatusByCode, type WireErrorCode } from '../contract/errorCodes';
import type { ErrorBody } from '../contract/schemas';
import type { AppEnv } from './appEnv';
import { WireError, type WireErrorDetails } from '../errors';

/** The header that repeats the code: an answer to a refused WebSocket upgrade has no body. */
export const errorCodeHeader = 'x-palmtree-error';

export function handleError(error: unknown, context: Context<AppEnv>): Response {
  if (error instanceof WireError) {
    if (error.cause !== undefined) context.get('log').warn({ err: error.cause }, error.message);
    return answer(context, error.code, error.message, error.details);
  }
  if (isStorageFull(error)) {
    context.get('log').error({ err: error }, 'storage is full');
    return answer(context, 'storage_full', 'the server has no space left');
  }
  context.get('log').error({ err: error }, 'unexpected error');
  return answer(context, 'internal', `something failed on the server (request ${context.get('requestId')})`);
}

function answer(context: Context, code: WireErrorCode, message: string, details?: WireErrorDetails): Response {
  return answerError(context, httpStatusByCode[code], code, message, details);
}

/** For a status that HTTP prescribes; elsewhere an error is thrown, and has its code's. */
export function answerError(
  context: Context,
  status: ContentfulStatusCode,
  code: WireErrorCode,
  message: string,
  details?: WireErrorDetails,
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
