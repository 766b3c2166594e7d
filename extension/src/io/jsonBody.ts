import { turns } from './turns';

/** Values of a list that are written at once. */
const sliceSize = 500;
/** A longer body is written while it is sent. */
const mostWhole = 1 << 20;

/**
 * A request's body as JSON, where a list is anything that can be iterated. A long one is a stream in UTF-8, so that
 * others have their turn while it is written, and it is never there as a whole.
 */
export async function jsonBody(body: object): Promise<string | ReadableStream<Uint8Array>> {
  const pieces = jsonPieces(body);
  let text = '';
  for (;;) {
    const { done, value } = await pieces.next();
    if (done === true) return text;
    text += value;
    if (text.length > mostWhole) return ReadableStream.from(encoded(text, pieces));
  }
}

async function* jsonPieces(body: object): AsyncGenerator<string, undefined> {
  const pause = turns();
  let separator = '{';
  for (const [name, value] of Object.entries(body) as [string, unknown][]) {
    if (value === undefined) continue;
    yield `${separator}${JSON.stringify(name)}:`;
    separator = ',';
    if (!isList(value)) {
      yield JSON.stringify(value);
      continue;
    }
    let before = '[';
    for (const slice of slicesOf(value)) {
      yield before + JSON.stringify(slice).slice(1, -1);
      before = ',';
      await pause();
    }
    yield before === '[' ? '[]' : ']';
  }
  yield separator === '{' ? '{}' : '}';
}

async function* encoded(first: string, rest: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(first);
  for await (const piece of rest) yield Buffer.from(piece);
}

function isList(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function* slicesOf(values: Iterable<unknown>): Generator<unknown[]> {
  let slice: unknown[] = [];
  for (const value of values) {
    slice.push(value);
    if (slice.length < sliceSize) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}
