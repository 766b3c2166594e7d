/** A long list that is read page by page while it is sent, so that a client that reads slowly costs one page of memory. */
export interface PagedList<Item> {
  /** The fields beside the list, in JSON, or before it, in NDJSON. */
  readonly head: object;
  readonly pages: AsyncIterable<readonly Item[]>;
}

/** The pieces of a JSON object with the list in `field`. */
export async function* jsonPieces<Item>({ head, pages }: PagedList<Item>, field: string): AsyncGenerator<string> {
  let separator = `${JSON.stringify(head).slice(0, -1)},${JSON.stringify(field)}:[`;
  for await (const page of pages) {
    if (page.length === 0) continue;
    yield separator + JSON.stringify(page).slice(1, -1);
    separator = ',';
  }
  yield separator === ',' ? ']}' : `${separator}]}`;
}

/** The pieces of an NDJSON list: a line for the head, and one for each item. */
export async function* ndjsonPieces<Item>({ head, pages }: PagedList<Item>): AsyncGenerator<string> {
  yield `${JSON.stringify(head)}\n`;
  for await (const page of pages) if (page.length > 0) yield page.map((item) => `${JSON.stringify(item)}\n`).join('');
}
