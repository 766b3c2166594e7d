import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { heartbeatsHeader } from '../contract/protocol';
import type { AppEnv } from './appEnv';
import { errorOf } from './errorHandler';

/** In milliseconds. A client takes the server for dead after 15 s of silence. */
const defaultHeartbeatMs = 5_000;
/** JSON ignores it before a value. */
const heartbeat = ' ';
const json = 'application/json';

type Body = Iterable<string> | AsyncIterable<string>;

export interface SlowResponse<T> {
  readonly work: () => Promise<T>;
  /** The pieces of the body. */
  readonly body: (result: T) => Body;
  readonly contentType: string;
  readonly status?: ContentfulStatusCode;
  readonly heartbeatMs?: number;
}

/**
 * Responds with the result of work that may take long. If the client wants heartbeats and the work is not done in time, the
 * response begins without it. Its status is 200 then, and an error becomes its body.
 */
export async function slowResponse<T>(context: Context<AppEnv>, response: SlowResponse<T>): Promise<Response> {
  const { work, body, contentType, status = 200, heartbeatMs = defaultHeartbeatMs } = response;
  const result = work();
  if (await isLate(context, result, { heartbeatMs })) {
    return lateResponse(context, result, { body, contentType, heartbeatMs });
  }
  const pieces = body(await result);
  const whole = Array.isArray(pieces) ? pieces.join('') : streamOf(pieces);
  return context.body(whole, status, { 'content-type': contentType });
}

export function slowJson<T extends object>(
  context: Context<AppEnv>,
  work: () => Promise<T>,
  status?: ContentfulStatusCode,
): Promise<Response> {
  const body = (result: T): string[] => [JSON.stringify(result)];
  return slowResponse(context, { work, body, contentType: json, ...(status === undefined ? {} : { status }) });
}

interface Upload {
  readonly work: () => Promise<void>;
  /** The time, in milliseconds, since the work last waited for the request's body; 0 while it does. */
  readonly workedMs: () => number;
  readonly heartbeatMs?: number | undefined;
}

/**
 * Responds to an upload with 204; or, if it takes long, as `slowResponse` does, with no body but the heartbeats. These begin only
 * while the work waits for nothing from the client: a proxy may take the beginning of a response for the end of the upload.
 */
export async function slowUpload(
  context: Context<AppEnv>,
  { work, workedMs, heartbeatMs = defaultHeartbeatMs }: Upload,
): Promise<Response> {
  const result = work();
  if (await isLate(context, result, { heartbeatMs, isDue: () => workedMs() >= heartbeatMs })) {
    return lateResponse(context, result, { body: () => [], contentType: json, heartbeatMs });
  }
  await result;
  return context.body(null, 204);
}

/** Resolves to false when the result is there, and to true if the response has to begin without it. */
async function isLate(
  { req }: Context<AppEnv>,
  result: Promise<unknown>,
  { heartbeatMs, isDue = () => true }: { readonly heartbeatMs: number; readonly isDue?: () => boolean },
): Promise<boolean> {
  if (req.header(heartbeatsHeader) === undefined) return false;
  while (!(await isSettledWithin(result, heartbeatMs))) if (isDue()) return true;
  return false;
}

interface LateResponse<T> {
  readonly body: (result: T) => Body;
  readonly contentType: string;
  readonly heartbeatMs: number;
}

function lateResponse<T>(context: Context<AppEnv>, result: Promise<T>, late: LateResponse<T>): Response {
  const pieces = lateBody(result, late, (error) => JSON.stringify(errorOf(error, context).body));
  // A compressor or nginx's buffer would delay the heartbeats.
  const headers = { 'content-type': late.contentType, 'cache-control': 'no-transform', 'x-accel-buffering': 'no' };
  return context.body(streamOf(pieces), 200, headers);
}

async function* lateBody<T>(
  result: Promise<T>,
  { body, heartbeatMs }: LateResponse<T>,
  errorBody: (error: unknown) => string,
): AsyncGenerator<string> {
  do yield heartbeat;
  while (!(await isSettledWithin(result, heartbeatMs)));
  let pieces: Body;
  try {
    pieces = body(await result);
  } catch (error) {
    pieces = [errorBody(error)];
  }
  yield* pieces;
}

function streamOf(pieces: Body): ReadableStream<Uint8Array> {
  return ReadableStream.from(pieces).pipeThrough(new TextEncoderStream());
}

async function isSettledWithin(result: Promise<unknown>, ms: number): Promise<boolean> {
  const stop = new AbortController();
  const settled = result.then(
    () => true,
    () => true,
  );
  const timer = delay(ms, false, { signal: stop.signal }).catch(() => true);
  try {
    return await Promise.race([settled, timer]);
  } finally {
    stop.abort();
  }
}
