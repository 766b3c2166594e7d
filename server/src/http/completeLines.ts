import { maxHeadBytes, maxItemBytes } from '../contract/limits';
import { WireError } from '../errors';
import { ByteCollector } from './byteCollector';

const newline = 10;

/**
 * The chunks of an NDJSON body, divided after line ends. The first line is its head. Throws body_too_large for a line
 * that is longer than any valid one.
 */
export async function* completeLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  const incomplete = new ByteCollector();
  let maxBytes = maxHeadBytes;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      requireLength((start === 0 ? incomplete.length : 0) + end - start, maxBytes);
      maxBytes = maxItemBytes;
      start = end + 1;
    }
    if (start > 0) {
      incomplete.add(chunk.subarray(0, start));
      yield incomplete.take();
    }
    incomplete.add(chunk.subarray(start));
    requireLength(incomplete.length, maxBytes);
  }
  if (incomplete.length > 0) yield incomplete.take();
}

function requireLength(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) throw new WireError('body_too_large', `a line may have at most ${maxBytes} bytes here`);
}
