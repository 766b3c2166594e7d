import type { Entry } from '../../core/entry';
import type { Observation } from '../../core/observation';

const headBytes = 8;
const hashBytes = 32;
export const modeMask = 0xffff;
export const racyFlag = 1 << 16;
export const irregularFlag = 1 << 17;
export const deletedFlag = 1 << 18;
export const syncedFlag = 1 << 19;
export const noHash = '0'.repeat(2 * hashBytes);

/** The number of 64-bit integers of a row: the mtime alone, or with the ctime, inode and device of an observation. */
export type Width = 1 | 4;

/**
 * Views of the columns in packed bytes, which threads share.
 *
 * The bytes begin with two 32-bit numbers: the number of rows, and the bytes of text. Then come the columns:
 * nanoseconds, inodes and devices as 64-bit integers, sizes as doubles, the mode and flags in 32 bits, hashes in 32
 * bytes. The text is last, separated by NULs: first the paths, then the irregular rows.
 */
export class Columns {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly flags: Uint32Array;
  readonly hashes: Buffer;
  readonly text: Buffer;
  readonly #signed: BigInt64Array;
  readonly #unsigned: BigUint64Array;
  readonly #sizes: Float64Array;
  readonly #width: Width;

  private constructor(bytes: Uint8Array, width: Width, { count, textBytes }: { count: number; textBytes: number }) {
    const { buffer, byteOffset } = bytes;
    let at = byteOffset + headBytes;
    this.bytes = bytes;
    this.count = count;
    this.#width = width;
    this.#signed = new BigInt64Array(buffer, at, count * width);
    this.#unsigned = new BigUint64Array(buffer, at, count * width);
    this.#sizes = new Float64Array(buffer, (at += 8 * count * width), count);
    this.flags = new Uint32Array(buffer, (at += 8 * count), count);
    this.hashes = Buffer.from(buffer, (at += 4 * count), hashBytes * count);
    this.text = Buffer.from(buffer, at + hashBytes * count, textBytes);
  }

  /** New columns in shared memory, all zero except for the text. */
  static create(count: number, width: Width, text: Buffer): Columns {
    const bytes = new Uint8Array(new SharedArrayBuffer(bytesFor(count, width) + text.length));
    new Uint32Array(bytes.buffer, 0, 2).set([count, text.length]);
    const columns = new Columns(bytes, width, { count, textBytes: text.length });
    columns.text.set(text);
    return columns;
  }

  /** The columns in packed bytes. Throws TypeError if the length of the bytes is not the one that they state. */
  static of(bytes: Uint8Array, width: Width): Columns {
    if (bytes.length < headBytes) throw new TypeError('packed entries: too short');
    // Typed arrays must begin at a multiple of their element size.
    const aligned = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
    const [count = 0, textBytes = 0] = new Uint32Array(aligned.buffer, aligned.byteOffset, 2);
    if (bytesFor(count, width) + textBytes !== aligned.length) throw new TypeError('packed entries: wrong length');
    return new Columns(aligned, width, { count, textBytes });
  }

  /** Sets a row, except for its hash. */
  put(row: number, value: Entry | Observation): void {
    const at = row * this.#width;
    this.#signed[at] = value.mtimeNs;
    this.#sizes[row] = value.size;
    this.flags[row] = value.mode;
    if (!('ino' in value) || this.#width === 1) return;
    this.#signed[at + 1] = value.ctimeNs;
    this.#unsigned[at + 2] = value.ino;
    this.#unsigned[at + 3] = value.dev;
    if (value.racy) this.flags[row] = value.mode | racyFlag;
  }

  /** Copies a row of other columns. Columns of width 1 drop the stats of an observation. */
  copy(row: number, from: Columns, fromRow: number): void {
    const width = Math.min(this.#width, from.#width);
    for (let column = 0; column < width; column++) {
      this.#signed[row * this.#width + column] = from.#signed[fromRow * from.#width + column] ?? 0n;
    }
    this.#sizes[row] = from.size(fromRow);
    this.flags[row] = from.flagsOf(fromRow) & (this.#width === 1 ? modeMask : modeMask | racyFlag);
    for (let byte = 0; byte < hashBytes; byte++) {
      this.hashes[row * hashBytes + byte] = from.hashes[fromRow * hashBytes + byte] ?? 0;
    }
  }

  signed(row: number, column: number): bigint {
    return this.#signed[row * this.#width + column] ?? 0n;
  }

  unsigned(row: number, column: number): bigint {
    return this.#unsigned[row * this.#width + column] ?? 0n;
  }

  size(row: number): number {
    return this.#sizes[row] ?? 0;
  }

  flagsOf(row: number): number {
    return this.flags[row] ?? 0;
  }

  hash(row: number): string {
    return this.hashes.toString('hex', row * hashBytes, (row + 1) * hashBytes);
  }
}

function bytesFor(count: number, width: Width): number {
  return headBytes + count * (8 * width + 8 + 4 + hashBytes);
}
