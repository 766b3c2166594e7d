import { SilenceError, SizeError, SlownessError } from './responseFaults';

/**
 * The largest body of a response whose size follows from nothing that the client knows, in bytes. Empty arrays take 35 times their
 * text.
 */
export const maxJsonBytes = 2 << 20;
/** The largest body of an error, in bytes. It may list the paths of a large push. */
export const maxErrorBytes = 4 << 20;
/** The largest body with an item for each path of a tree, in bytes: the contract's limit for a request. */
export const maxListBytes = 256 << 20;

/** After its first byte, a body brings at least this many bytes in each minute. */
const minBytesPerWindow = 4_096;
const defaultWindowMs = 60_000;
/** The longest time in which a server only says that it is still working. */
const maxWorkMs = 1_800_000;

const space = 32;

/**
 * Judges the pieces of one response: how many bytes they have after decompression, and whether they come fast enough. The
 * spaces before the body are heartbeats, which take as long as the server works.
 */
export class BodyGuard {
  readonly #maxBytes: number;
  readonly #windowMs: number;
  #bytes = 0;
  #hasBegun = false;
  #waitedMs = 0;
  #windowBytes = 0;

  /** `windowMs` is the time in which a body has to bring 4 KB, in milliseconds. */
  constructor(maxBytes: number, windowMs = defaultWindowMs) {
    this.#maxBytes = maxBytes;
    this.#windowMs = windowMs;
  }

  /** Throws SizeError, SlownessError and SilenceError. `waitedMs` is the time that was waited for the piece. */
  check(piece: Uint8Array, waitedMs: number): void {
    this.#bytes += piece.length;
    if (this.#bytes > this.#maxBytes) throw new SizeError(this.#maxBytes);
    this.#waitedMs += waitedMs;
    if (this.#hasBegun) return this.#checkPace(piece.length);
    if (piece.some((byte) => byte !== space)) {
      this.#hasBegun = true;
      this.#waitedMs = 0;
    } else if (this.#waitedMs > maxWorkMs) {
      throw new SilenceError(maxWorkMs);
    }
  }

  #checkPace(bytes: number): void {
    this.#windowBytes += bytes;
    if (this.#waitedMs < this.#windowMs) return;
    if (this.#windowBytes < minBytesPerWindow) throw new SlownessError(this.#windowBytes, this.#waitedMs);
    this.#waitedMs = 0;
    this.#windowBytes = 0;
  }
}

/** Passes the pieces of a list on. Throws SizeError for a line of more than `maxLineBytes`, or a longer head. */
export async function* withLineLimit(
  pieces: AsyncIterable<Uint8Array>,
  { maxHeadBytes, maxLineBytes }: { readonly maxHeadBytes: number; readonly maxLineBytes: number },
): AsyncGenerator<Uint8Array, undefined> {
  let limit = maxHeadBytes;
  let lineBytes = 0;
  for await (const piece of pieces) {
    for (let start = 0; start < piece.length;) {
      const end = piece.indexOf(0x0a, start);
      lineBytes += (end === -1 ? piece.length : end) - start;
      if (lineBytes > limit) throw new SizeError(limit);
      if (end === -1) break;
      limit = maxLineBytes;
      lineBytes = 0;
      start = end + 1;
    }
    yield piece;
  }
}
