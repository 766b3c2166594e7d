import { request as send, type IncomingMessage } from 'node:http';
import { Readable, type Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { socketPath } from '../transfer/socketPath';
import type { Fetch } from './redirect';

/** Statuses of responses that have no body. */
const bodilessStatuses: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * `fetch` for requests over streams that `openSocket` opens, one for each. It follows no redirects, and takes a string, bytes
 * or a stream as the body.
 */
export function streamFetch(openSocket: () => Duplex): Fetch {
  return async (input, init = {}) => {
    const { pathname, search, host } = new URL(input instanceof Request ? input.url : input);
    const signal = init.signal ?? undefined;
    signal?.throwIfAborted();
    const request = send({
      socketPath,
      createConnection: openSocket,
      path: pathname + search,
      method: init.method ?? 'GET',
      headers: { host, ...Object.fromEntries(new Headers(init.headers)) },
    });
    const onAbort = (): void => void request.destroy(errorOf(signal?.reason));
    signal?.addEventListener('abort', onAbort);
    request.once('close', () => signal?.removeEventListener('abort', onAbort));
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        // A response that has begun tells its reader itself.
        request.once('response', resolve).on('error', reject);
        sendBody(init.body, request).catch(reject);
      });
      return responseOf(response, signal);
    } catch (error) {
      throw signal?.aborted ? signal.reason : new TypeError('fetch failed', { cause: error });
    }
  };
}

async function sendBody(body: RequestInit['body'], request: ReturnType<typeof send>): Promise<void> {
  if (body instanceof ReadableStream) await pipeline(Readable.fromWeb(body as never), request);
  else if (typeof body === 'string' || body instanceof Uint8Array) request.end(body);
  else if (body === undefined || body === null) request.end();
  else throw new TypeError('this body is not supported');
}

function responseOf(message: IncomingMessage, signal: AbortSignal | undefined): Response {
  const headers = new Headers();
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  const { statusCode: status = 500, statusMessage: statusText = '' } = message;
  const onAbort = (): void => void message.destroy(errorOf(signal?.reason));
  signal?.addEventListener('abort', onAbort);
  message.once('close', () => signal?.removeEventListener('abort', onAbort));
  if (bodilessStatuses.has(status)) message.resume();
  const body = bodilessStatuses.has(status) ? null : (Readable.toWeb(message) as ReadableStream<Uint8Array>);
  return new Response(body, { status, statusText, headers });
}

function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
