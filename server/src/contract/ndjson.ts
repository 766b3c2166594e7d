/** The media type of a long list: the first line is its head, and each further line is one item, both as JSON. */
export const ndjsonType = 'application/x-ndjson';

const linesPerBlock = 500;

/** The text of a list in blocks of lines, so that neither the writer nor the reader ever has all of it in memory. */
export function* ndjsonBlocks(head: unknown, items: Iterable<unknown>): Generator<string, undefined> {
  let lines = [lineOf(head)];
  for (const item of items) {
    if (lines.length === linesPerBlock) {
      yield lines.join('');
      lines = [];
    }
    lines.push(lineOf(item));
  }
  yield lines.join('');
}

/** The values of a list, one array for each chunk that completes a line. Throws SyntaxError. */
export async function* ndjsonValues(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<unknown[], undefined> {
  const decoder = new TextDecoder();
  let incomplete = '';
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    const end = text.lastIndexOf('\n');
    if (end !== -1) yield valuesOf(incomplete + text.slice(0, end));
    incomplete = end === -1 ? incomplete + text : text.slice(end + 1);
  }
  incomplete += decoder.decode();
  if (incomplete !== '') yield valuesOf(incomplete);
}

function lineOf(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

function valuesOf(text: string): unknown[] {
  const lines = text.split('\n');
  const values = JSON.parse(`[${lines.join(',')}]`) as unknown[];
  if (values.length === lines.length) return values;
  throw new SyntaxError('a line is not exactly one value');
}
