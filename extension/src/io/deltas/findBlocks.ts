import { readSync } from 'node:fs';
import { weakChecksum } from '../../../../server/src/contract/differences';
import type { Signature } from './signature';

const minBufferBytes = 8 << 20;
/**
 * The bytes, beyond the file's size, that may be hashed in vain, because their weak checksum is that of another block. Somebody
 * who chooses the contents can make each byte of a file look like the beginning of a block.
 */
const maxVainBytes = 64 << 20;

/** A part of a file: a block of the other file, or bytes that it does not have. */
export type FilePart =
  | { readonly kind: 'block'; readonly block: number; readonly start: number; readonly bytes: number }
  | { readonly kind: 'data'; readonly start: number; readonly bytes: number };

/**
 * Finds the blocks of a signature in an open file, at any offset, from its beginning to `size`. Yields all parts of the file in
 * their order. Where too many blocks only look alike, the rest of the file counts as other bytes. Reads synchronously, and computes
 * for about a second per gigabyte: to be called in a thread of its own.
 */
export function* findBlocks(file: number, size: number, signature: Signature): Generator<FilePart, undefined> {
  const { blockBytes } = signature;
  const window = new Window(file, size, Math.max(minBufferBytes, 4 * blockBytes));
  let position = 0;
  let dataStart = 0;
  let expected = 0;
  const search: Search = { window, signature, vainBytes: maxVainBytes + size };
  while (position + blockBytes <= size) {
    const found = seek(search, position, expected);
    if (found === undefined) break;
    position = found.position;
    if (position > dataStart) yield { kind: 'data', start: dataStart, bytes: position - dataStart };
    yield { kind: 'block', block: found.block, start: position, bytes: blockBytes };
    position += blockBytes;
    dataStart = position;
    expected = found.block + 1;
  }
  const last = signature.blockCount - 1;
  const lastBytes = last < 0 ? blockBytes : signature.bytesOf(last);
  const lastStart = size - lastBytes;
  if (lastBytes < blockBytes && lastStart >= dataStart) {
    const content = window.at(lastStart, lastBytes);
    if (content.length === lastBytes && signature.find(weakChecksum(content, 0, lastBytes), content, last) === last) {
      if (lastStart > dataStart) yield { kind: 'data', start: dataStart, bytes: lastStart - dataStart };
      yield { kind: 'block', block: last, start: lastStart, bytes: lastBytes };
      return;
    }
  }
  if (size > dataStart) yield { kind: 'data', start: dataStart, bytes: size - dataStart };
}

interface Search {
  readonly window: Window;
  readonly signature: Signature;
  /** The bytes that may still be hashed in vain. */
  vainBytes: number;
}

/** Rolls on from `position` until a block is found. */
function seek(
  search: Search,
  position: number,
  expected: number,
): { readonly position: number; readonly block: number } | undefined {
  const { window, signature } = search;
  const { blockBytes } = signature;
  let start = position;
  let buffer = window.at(start, blockBytes);
  if (buffer.length < blockBytes) return undefined;
  let weak = weakChecksum(buffer, 0, blockBytes);
  for (;;) {
    if (signature.mayHave(weak)) {
      const block = signature.find(weak, window.at(start, blockBytes), expected);
      if (block !== undefined) return { position: start, block };
      search.vainBytes -= blockBytes;
      if (search.vainBytes < 0) return undefined;
    }
    buffer = window.at(start, Math.min(window.size - start, window.ahead(start)));
    const rolled = roll(buffer, weak, signature);
    start += rolled.bytes;
    weak = rolled.weak;
    if (start + blockBytes > window.size || rolled.bytes === 0) return undefined;
  }
}

/** Rolls the checksum of the buffer's first block on, byte by byte, until some block may have it, or the buffer ends. */
function roll(
  buffer: Uint8Array,
  from: number,
  signature: Signature,
): { readonly bytes: number; readonly weak: number } {
  const { blockBytes } = signature;
  let a = from & 0xffff;
  let b = from >>> 16;
  let weak = from;
  const end = buffer.length - blockBytes;
  let offset = 0;
  while (offset < end) {
    const out = buffer[offset] ?? 0;
    a = (a - out + (buffer[offset + blockBytes] ?? 0)) & 0xffff;
    b = (b - Math.imul(blockBytes, out) + a) & 0xffff;
    weak = ((b << 16) | a) >>> 0;
    offset++;
    if (signature.mayHave(weak)) break;
  }
  return { bytes: offset, weak };
}

/** A part of a file in memory, which moves on with the reader. */
class Window {
  readonly size: number;
  readonly #file: number;
  readonly #buffer: Buffer;
  #start = 0;
  #end = 0;

  constructor(file: number, size: number, bufferBytes: number) {
    this.#file = file;
    this.size = size;
    this.#buffer = Buffer.allocUnsafe(bufferBytes);
  }

  /** The bytes that can be had at once from `position` on. */
  ahead(position: number): number {
    const left = this.#end - position;
    return left > this.#buffer.length / 4 ? left : this.#buffer.length;
  }

  /** Fewer bytes only if the file ends before its size. They are valid until the next call. */
  at(position: number, bytes: number): Buffer {
    if (position < this.#start || position + bytes > this.#end) this.#fill(position);
    return this.#buffer.subarray(position - this.#start, Math.min(position + bytes, this.#end) - this.#start);
  }

  #fill(position: number): void {
    const kept = position >= this.#start && position < this.#end ? this.#end - position : 0;
    if (kept > 0) this.#buffer.copy(this.#buffer, 0, position - this.#start, this.#end - this.#start);
    this.#start = position;
    this.#end = position + kept;
    const limit = Math.min(this.size, position + this.#buffer.length);
    while (this.#end < limit) {
      const read = readSync(this.#file, this.#buffer, this.#end - position, limit - this.#end, this.#end);
      if (read === 0) return;
      this.#end += read;
    }
  }
}

/**
 * The number of bytes at the beginning of an open file that equal the other file, whose last block may differ: the other file
 * is an older state of a log, or what an interrupted transfer has left. 0 if it is neither.
 */
export function prefixBytes(file: number, size: number, signature: Signature): number {
  const { blockBytes, blockCount, fileBytes } = signature;
  const buffer = Buffer.allocUnsafe(blockBytes);
  for (let block = 0; block < blockCount; block++) {
    const start = block * blockBytes;
    const bytes = signature.bytesOf(block);
    const content = buffer.subarray(0, start + bytes > size ? 0 : readSync(file, buffer, 0, bytes, start));
    const isSame = content.length === bytes && signature.isAt(block, weakChecksum(content, 0, bytes), content);
    if (!isSame) return block === blockCount - 1 && block > 0 ? start : 0;
  }
  return fileBytes;
}
