import { createHash } from 'node:crypto';

/** Bytes. */
export interface ChunkSizes {
  readonly min: number;
  /** A power of two. */
  readonly average: number;
  readonly max: number;
}

/** Bits by which the two masks differ from the average: "NC2" of the paper. */
const normalization = 2;

/** A random number for each value of a byte. Chunks of earlier versions are found only with the same table. */
const gear = gearTable();

function gearTable(): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) =>
    createHash('sha256').update(Buffer.of(byte)).digest().readInt32LE(),
  );
}

/**
 * Content-defined chunking: the end of a chunk depends on the last 32 bytes only, so an edit changes the chunks that it touches.
 * FastCDC with normalized chunking and a minimum that is skipped (Wen Xia et al., "FastCDC: a Fast and Efficient
 * Content-Defined Chunking Approach for Data Deduplication", USENIX ATC 2016). The hash has 32 bits instead of 64, which are
 * JavaScript's integers.
 */
export class FastCdc {
  readonly #sizes: ChunkSizes;
  /** For a chunk that is still shorter than the average. */
  readonly #strictMask: number;
  readonly #lenientMask: number;

  constructor(sizes: ChunkSizes) {
    this.#sizes = sizes;
    const bits = Math.log2(sizes.average);
    this.#strictMask = highBits(bits + normalization);
    this.#lenientMask = highBits(bits - normalization);
  }

  /** The length of the chunk that begins at `start`. `bytes` has `max` bytes from there on, or else the content ends with it. */
  lengthAt(bytes: Uint8Array, start: number): number {
    const { min, average, max } = this.#sizes;
    const left = bytes.length - start;
    if (left <= min) return left;
    const normal = start + Math.min(average, left);
    const end = start + Math.min(max, left);
    let hash = 0;
    let at = start + min;
    for (; at < normal; at++) {
      hash = ((hash << 1) + (gear[bytes[at] as number] as number)) | 0;
      if ((hash & this.#strictMask) === 0) return at + 1 - start;
    }
    for (; at < end; at++) {
      hash = ((hash << 1) + (gear[bytes[at] as number] as number)) | 0;
      if ((hash & this.#lenientMask) === 0) return at + 1 - start;
    }
    return end - start;
  }
}

/** The high bits depend on the most bytes. */
function highBits(count: number): number {
  return -1 << (32 - count);
}
