import { ndjsonBlocks } from '../../../../server/src/contract/ndjson';
import { yielder } from '../threads/yielding';

/** In characters. A longer body is generated while it is sent. */
const maxStringLength = 1 << 18;

/** Items that may be generated while they are sent. */
export interface Items<T> extends Iterable<T> {
  readonly length: number;
}

/**
 * The NDJSON body of a request: a head with the count of the items, then the items. A long body is a stream in UTF-8,
 * which yields to the event loop and never keeps the whole text.
 */
export function ndjsonBody(head: object, items: Items<unknown>): string | ReadableStream<Uint8Array> {
  const blocks = ndjsonBlocks({ ...head, count: items.length }, items);
  let text = '';
  for (;;) {
    const { done, value } = blocks.next();
    if (done === true) return text;
    text += value;
    if (text.length > maxStringLength) return ReadableStream.from(encoded(text, blocks));
  }
}

async function* encoded(start: string, rest: Iterable<string>): AsyncGenerator<Uint8Array> {
  const pause = yielder();
  yield Buffer.from(start);
  for (const block of rest) {
    yield Buffer.from(block);
    await pause();
  }
}
