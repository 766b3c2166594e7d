import type { OpenContent } from '../objects/openContent';
import { FastCdc } from './fastCdc';

/**
 * An average of 16 KiB. A database file of 20 MB, of whose pages 1 % change at random, then costs 1.6 MB before compression for
 * each change, against 4.4 MB with 64 KiB and 1 MB with 8 KiB; the rows of a chunk take about 110 bytes.
 */
const sizes = { min: 4 << 10, average: 16 << 10, max: 128 << 10 };
/** Some milliseconds of work. */
const windowBytes = 256 << 10;

/**
 * Cuts a content into chunks, about 256 KiB of them at a time. The bytes of a window are valid until the next one is asked
 * for. Throws DamagedContent if the content is shorter than `size`.
 */
export async function* chunksOf(content: OpenContent, size: number): AsyncGenerator<Buffer[]> {
  const cdc = new FastCdc(sizes);
  let rest: Buffer = Buffer.alloc(0);
  for (let position = 0; position < size;) {
    const pieces = [rest];
    for (let bytes = rest.length; bytes < windowBytes && position < size;) {
      const piece = await content.read(position, Math.min(windowBytes - bytes, size - position));
      pieces.push(piece);
      bytes += piece.length;
      position += piece.length;
    }
    const window = Buffer.concat(pieces);
    const chunks: Buffer[] = [];
    let start = 0;
    while (position === size ? start < window.length : window.length - start >= sizes.max) {
      const length = cdc.lengthAt(window, start);
      chunks.push(window.subarray(start, start + length));
      start += length;
    }
    rest = window.subarray(start);
    yield chunks;
  }
}
