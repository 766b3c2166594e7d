import { fetchDirectly } from './redirect';

/** The longest time, in milliseconds, without a byte from the server. While it works longer, it sends heartbeats. */
const defaultSilenceMs = 15_000;
/** The limit while a long body is sent: its end may still be in a proxy's buffer, or on its way over a slow line. */
const longBodyMs = 60_000;

/** The server sent nothing for too long. ofetch never repeats a request that failed with an error of this name. */
export class SilenceError extends Error {
  override readonly name = 'AbortError';
  readonly ms: number;

  constructor(ms: number) {
    super(`no response for ${ms / 1000} s`);
    this.ms = ms;
  }
}

/**
 * A deadline for each wait for the server: for the first byte of the response, and for each later piece of it. The time
 * that the reader of the response takes does not count.
 */
export class SilenceDeadline {
  readonly #silenceMs: number;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(silenceMs = defaultSilenceMs) {
    this.#silenceMs = silenceMs;
    this.#restart(silenceMs);
  }

  /** `fetch` with the deadline. A failed connection does not restart it, so a repeated attempt has the time that is left. */
  readonly fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const signals = [this.#controller.signal, init.signal ?? []].flat();
    const response = await fetchDirectly(input, { ...init, signal: AbortSignal.any(signals) });
    const { body, status, statusText, headers } = response;
    if (body === null) this.stop();
    return new Response(body === null ? null : this.#watched(body), { status, statusText, headers });
  };

  /** Restarts the deadline with each piece of a request's body that is sent. */
  watchSent(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const watch = new TransformStream<Uint8Array, Uint8Array>({
      transform: (piece, controller) => {
        this.#restart(Math.max(this.#silenceMs, longBodyMs));
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

  #watched(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = body.getReader();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          this.#restart(this.#silenceMs);
          try {
            const { done, value } = await reader.read();
            if (done) controller.close();
            else controller.enqueue(value);
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
