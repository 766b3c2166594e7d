import { WireError } from '../errors';

export interface PaceLimits {
  /** The time, in milliseconds, in which an upload has to bring `minBytes`. */
  readonly windowMs: number;
  readonly minBytes: number;
}

/** A client gives up a download that is slower than that. */
export const defaultPaceLimits: PaceLimits = { windowMs: 60_000, minBytes: 4_096 };

/** The bytes that an upload has brought, and those made of them, in the present window. */
export interface Progress {
  bytes: number;
}

/**
 * Passes the pieces of an upload on, and aborts `stop` if they come too slowly: a byte now and then would keep the upload's turn
 * and the room of its push forever. A reader that expands a few bytes into many adds these to `progress`.
 */
export async function* atPace(
  pieces: AsyncIterable<Uint8Array>,
  { windowMs, minBytes }: PaceLimits,
  stop: AbortController,
  progress: Progress = { bytes: 0 },
): AsyncGenerator<Uint8Array, undefined> {
  const timer = setInterval(() => {
    const { bytes } = progress;
    if (bytes < minBytes)
      stop.abort(new WireError('session_busy', `the upload has brought ${bytes} bytes in a minute`));
    progress.bytes = 0;
  }, windowMs);
  try {
    for await (const piece of pieces) {
      progress.bytes += piece.length;
      yield piece;
    }
  } finally {
    clearInterval(timer);
  }
}
