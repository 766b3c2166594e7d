import { maxItems } from '../../../../server/src/contract/limits';
import { JsonValues } from './jsonValues';
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

/** Values of any body of JSON. That many make half a million empty lists, which take 50 MB. */
const baseValues = 1_000_000;
const bytesPerValue = 16;
/** A pull answers each path with its place in a pack: a tuple of two numbers. */
const valuesPerSentItem = 3;

/**
 * The largest number of values in a body of JSON that is parsed at once, as `JsonValues` counts them. Memory grows with values
 * rather than with bytes.
 * No honest answer meets the limit. Names do not count, whatever they contain. The items of a comparison have at least 16.5
 * bytes for each value. Those without any version that retention has left have 13.5 bytes, but 6 values, of which three million
 * paths are needed to meet the limit. An answer to a sent list has three values at most for each of its items, a path that
 * took more than three bytes.
 */
export function maxValuesIn(maxBytes: number, sentBytes: number): number {
  return baseValues + maxBytes / bytesPerValue + Math.min(sentBytes, valuesPerSentItem * maxItems);
}

/** After its first byte, a body brings at least this many bytes in each minute. */
const minBytesPerWindow = 4_096;
const defaultWindowMs = 60_000;
/** The longest time in which a server only says that it is still working. */
const maxWorkMs = 1_800_000;

const space = 32;

export interface BodyLimits {
  /** After decompression. */
  readonly maxBytes: number;
  /** The values of a body of JSON; undefined for a body that is not parsed at once. */
  readonly maxValues?: number | undefined;
  /** The time in which a body has to bring 4 KB, in milliseconds. */
  readonly windowMs?: number | undefined;
}

/**
 * Judges the pieces of one response: how much they have after decompression, and whether they come fast enough. The
 * spaces before the body are heartbeats, which take as long as the server works.
 */
export class BodyGuard {
  readonly #maxBytes: number;
  readonly #maxValues: number | undefined;
  readonly #windowMs: number;
  readonly #values = new JsonValues();
  #bytes = 0;
  #hasBegun = false;
  #waitedMs = 0;
  #windowBytes = 0;

  constructor({ maxBytes, maxValues, windowMs = defaultWindowMs }: BodyLimits) {
    this.#maxBytes = maxBytes;
    this.#maxValues = maxValues;
    this.#windowMs = windowMs;
  }

  /** Throws SizeError, SlownessError and SilenceError. `waitedMs` is the time that was waited for the piece. */
  check(piece: Uint8Array, waitedMs: number): void {
    this.#bytes += piece.length;
    if (this.#bytes > this.#maxBytes) throw new SizeError(this.#maxBytes);
    this.#checkValues(piece);
    this.#waitedMs += waitedMs;
    if (this.#hasBegun) return this.#checkPace(piece.length);
    if (piece.some((byte) => byte !== space)) {
      this.#hasBegun = true;
      this.#waitedMs = 0;
    } else if (this.#waitedMs > maxWorkMs) {
      throw new SilenceError(maxWorkMs);
    }
  }

  #checkValues(piece: Uint8Array): void {
    const max = this.#maxValues;
    if (max === undefined || this.#values.add(piece) <= max) return;
    throw new SizeError(this.#bytes, `more than ${Math.floor(max)} values in its first ${this.#bytes} bytes`);
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
