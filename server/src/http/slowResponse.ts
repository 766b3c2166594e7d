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

export interface SlowResponse<T> {
  readonly work: () => Promise<T>;
  /** The pieces of the body. */
  readonly body: (result: T) => Iterable<string> | AsyncIterable<string>;
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
  const wantsHeartbeats = context.req.header(heartbeatsHeader) !== undefined;
  if (!wantsHeartbeats || (await isSettledWithin(result, heartbeatMs))) {
    const pieces = body(await result);
    const whole = Array.isArray(pieces) ? pieces.join('') : streamOf(pieces);
    return context.body(whole, status, { 'content-type': contentType });
  }
  const pieces = lateBody(result, body, (error) => JSON.stringify(errorOf(error, context).body), heartbeatMs);
  // A compressor or nginx's buffer would delay the heartbeats.
  const headers = { 'content-type': contentType, 'cache-control': 'no-transform', 'x-accel-buffering': 'no' };
  return context.body(streamOf(pieces), 200, headers);
}

export function slowJson<T extends object>(
  context: Context<AppEnv>,
  work: () => Promise<T>,
  status?: ContentfulStatusCode,
): Promise<Response> {
  const body = (result: T): string[] => [JSON.stringify(result)];
  return slowResponse(context, {
    work,
    body,
    contentType: 'application/json',
    ...(status === undefined ? {} : { status }),
  });
}

async function* lateBody<T>(
  result: Promise<T>,
  body: SlowResponse<T>['body'],
  errorBody: (error: unknown) => string,
  heartbeatMs: number,
): AsyncGenerator<string> {
  do yield heartbeat;
  while (!(await isSettledWithin(result, heartbeatMs)));
  let pieces: Iterable<string> | AsyncIterable<string>;
  try {
    pieces = body(await result);
  } catch (error) {
    pieces = [errorBody(error)];
  }
  yield* pieces;
}

function streamOf(pieces: Iterable<string> | AsyncIterable<string>): ReadableStream<Uint8Array> {
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
