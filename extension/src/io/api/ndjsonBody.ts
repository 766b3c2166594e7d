import { ndjsonBlocks } from '../../../../server/src/contract/ndjson';
import { yielder } from '../threads/yielding';

/** A longer body is written while it is sent. */
const mostWhole = 1 << 18;

/** Items that may be made while they are sent. */
export interface Items<T> extends Iterable<T> {
  readonly length: number;
}

/**
 * A request's body, line by line: the head, which tells the count of the items, and the items. A long one is a stream in
 * UTF-8, so that others have their turn while it is written, and it is never there as a whole.
 */
export function ndjsonBody(head: object, items: Items<unknown>): string | ReadableStream<Uint8Array> {
  const blocks = ndjsonBlocks({ ...head, count: items.length }, items);
  let text = '';
  for (;;) {
    const { done, value } = blocks.next();
    if (done === true) return text;
    text += value;
    if (text.length > mostWhole) return ReadableStream.from(encoded(text, blocks));
  }
}

async function* encoded(begun: string, rest: Iterable<string>): AsyncGenerator<Uint8Array> {
  const pause = yielder();
  yield Buffer.from(begun);
  for (const block of rest) {
    yield Buffer.from(block);
    await pause();
  }
}
