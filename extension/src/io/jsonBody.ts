import { turns } from './turns';

/** Values of a list that are written at once. */
const sliceSize = 1_000;

/**
 * A request's body as JSON in UTF-8: others have their turn while long lists in it are written. A blob, since it is sent
 * in pieces, and a text or an array of bytes is copied twice first.
 */
export async function jsonBody(body: object): Promise<Blob> {
  const pause = turns();
  const parts: Buffer<ArrayBuffer>[] = [];
  const write = (text: string): void => void parts.push(Buffer.from(text));
  let separator = '{';
  for (const [name, value] of Object.entries(body) as [string, unknown][]) {
    if (value === undefined) continue;
    write(`${separator}${JSON.stringify(name)}:`);
    separator = ',';
    if (!Array.isArray(value)) {
      write(JSON.stringify(value));
      continue;
    }
    write('[');
    for (let from = 0; from < value.length; from += sliceSize) {
      const slice = JSON.stringify(value.slice(from, from + sliceSize)).slice(1, -1);
      write(from === 0 ? slice : `,${slice}`);
      await pause();
    }
    write(']');
  }
  write(separator === '{' ? '{}' : '}');
  return new Blob(parts);
}
