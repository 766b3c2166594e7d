import { WireError } from '../errors';

export interface PaceLimits {
  /** The time, in milliseconds, in which an upload has to bring `minBytes`. */
  readonly windowMs: number;
  readonly minBytes: number;
}

/** A client gives up a download that is slower than that. */
export const defaultPaceLimits: PaceLimits = { windowMs: 60_000, minBytes: 4_096 };

/**
 * Passes the pieces of an upload on, and aborts `stop` if they come too slowly: a byte now and then would hold the upload's turn
 * and the room of its push for ever.
 */
export async function* atPace(
  pieces: AsyncIterable<Uint8Array>,
  { windowMs, minBytes }: PaceLimits,
  stop: AbortController,
): AsyncGenerator<Uint8Array, undefined> {
  let bytes = 0;
  const timer = setInterval(() => {
    if (bytes < minBytes)
      stop.abort(new WireError('session_busy', `the upload has brought ${bytes} bytes in a minute`));
    bytes = 0;
  }, windowMs);
  try {
    for await (const piece of pieces) {
      bytes += piece.length;
      yield piece;
    }
  } finally {
    clearInterval(timer);
  }
}
