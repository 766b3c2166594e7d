/** The media type of a long list: its head is one line of JSON, and each of its items another. */
export const ndjsonType = 'application/x-ndjson';

/** Lines that are written at once. */
const blockSize = 500;

/** The text of a list, a block of lines at a time: neither who writes it nor who reads it ever has it whole. */
export function* ndjsonBlocks(head: unknown, items: Iterable<unknown>): Generator<string, undefined> {
  let lines = [lineOf(head)];
  for (const item of items) {
    if (lines.length === blockSize) {
      yield lines.join('');
      lines = [];
    }
    lines.push(lineOf(item));
  }
  yield lines.join('');
}

/** The values of a list's lines, as many at once as a piece of the text has. Throws SyntaxError. */
export async function* ndjsonValues(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<unknown[], undefined> {
  const decoder = new TextDecoder();
  let begun = '';
  for await (const piece of pieces) {
    const text = decoder.decode(piece, { stream: true });
    const end = text.lastIndexOf('\n');
    if (end !== -1) yield valuesOf(begun + text.slice(0, end));
    begun = end === -1 ? begun + text : text.slice(end + 1);
  }
  begun += decoder.decode();
  if (begun !== '') yield valuesOf(begun);
}

function lineOf(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

function valuesOf(text: string): unknown[] {
  const lines = text.split('\n');
  const values = JSON.parse(`[${lines.join(',')}]`) as unknown[];
  if (values.length === lines.length) return values;
  throw new SyntaxError('a line is not one value');
}
