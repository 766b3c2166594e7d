import { ndjsonType } from '../../../../server/src/contract/ndjson';
import { BodyGuard, maxErrorBytes, maxValuesIn } from './bodyGuard';
import { fetchDirectly, type Fetch } from './redirect';
import { SilenceError } from './responseFaults';

/** The longest time, in milliseconds, without a byte from the server. While it works longer, it sends heartbeats. */
const defaultSilenceMs = 15_000;
/** The limit while a long body is sent: its end may still be in a proxy's buffer, or on its way over a slow line. */
const longBodyMs = 60_000;

/** The media types of the server's bodies, or none; any other is that of a proxy, or of another server. */
const serverTypes: ReadonlySet<string> = new Set(['', 'application/json', ndjsonType, 'application/octet-stream']);

/** The media types that are parsed as JSON; ofetch parses a body without one. */
const jsonTypes: ReadonlySet<string> = new Set(['', 'application/json']);

export interface ResponseLimits {
  /** The longest silence, in milliseconds. */
  readonly silenceMs?: number | undefined;
  /** The longest time between two pieces of the request's body that are sent, in milliseconds; by default a minute. */
  readonly sentMs?: number | undefined;
  /** The largest body, in bytes after decompression, beyond the bytes that were sent. An `endless` one is left to its reader, unless it is an error. */
  readonly maxBytes: number | 'endless';
  /** Whether a body of JSON is parsed at once, as an error always is. Then its values are limited, too. */
  readonly isParsed?: boolean | undefined;
  /** The time in which a body has to bring 4 KB, in milliseconds. */
  readonly windowMs?: number | undefined;
  /** Sends the requests; by default `fetch`. */
  readonly send?: Fetch | undefined;
}

/**
 * A deadline for each wait for the server: for the first byte of the response, and for each later piece of it. The time
 * that the reader of the response takes does not count. A `BodyGuard` limits the size of the body.
 */
export class SilenceDeadline {
  readonly #silenceMs: number;
  readonly #limits: ResponseLimits;
  readonly #controller = new AbortController();
  #sentBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: ResponseLimits) {
    this.#limits = limits;
    this.#silenceMs = limits.silenceMs ?? defaultSilenceMs;
    this.#restart(this.#silenceMs);
  }

  /**
   * `fetch` with the deadline, and without the body of a response that is not the server's. A failed connection does
   * not restart it, so a repeated attempt has the time that is left.
   */
  readonly fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const signals = [this.#controller.signal, init.signal ?? []].flat();
    const response = await fetchDirectly(input, { ...init, signal: AbortSignal.any(signals) }, this.#limits.send);
    const { body, ok, status, statusText, headers } = response;
    const maxBytes = ok ? this.#limits.maxBytes : maxErrorBytes;
    const type = mediaTypeOf(headers);
    if (body !== null && maxBytes !== 'endless' && serverTypes.has(type)) {
      const { isParsed = false, windowMs } = this.#limits;
      const maxValues = (isParsed || !ok) && jsonTypes.has(type) ? maxValuesIn(maxBytes, this.#sentBytes) : undefined;
      // A response may list what was sent.
      const guard = new BodyGuard({ maxBytes: maxBytes + this.#sentBytes, maxValues, windowMs });
      return new Response(this.#watched(body, guard), { status, statusText, headers });
    }
    this.stop();
    if (maxBytes === 'endless') return response;
    // It may have no end, such as the stream of a camera.
    await body?.cancel();
    return new Response(null, { status, statusText, headers });
  };

  /** Counts the bytes of a request's body. */
  noteSent(bytes: number): void {
    this.#sentBytes += bytes;
  }

  /** Restarts the deadline with each piece of a request's body that is sent. */
  watchSent(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const watch = new TransformStream<Uint8Array, Uint8Array>({
      transform: (piece, controller) => {
        this.noteSent(piece.length);
        this.#restart(this.#limits.sentMs ?? Math.max(this.#silenceMs, longBodyMs));
        controller.enqueue(piece);
      },
    });
    return body.pipeThrough(watch);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #restart(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(new SilenceError(ms)), ms);
  }

  #watched(body: ReadableStream<Uint8Array>, guard: BodyGuard): ReadableStream<Uint8Array> {
    const reader = body.getReader();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          this.#restart(this.#silenceMs);
          const start = performance.now();
          try {
            const { done, value } = await reader.read();
            if (done) return controller.close();
            guard.check(value, performance.now() - start);
            controller.enqueue(value);
          } catch (error) {
            // Ends the connection too: a body that is only left unread keeps it.
            this.#controller.abort(error);
            throw error;
          } finally {
            this.stop();
          }
        },
        cancel: (reason) => reader.cancel(reason),
      },
      // Reads nothing ahead.
      { highWaterMark: 0 },
    );
  }
}

function mediaTypeOf(headers: Headers): string {
  return (headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}
