/** Reading a page of this many rows takes a millisecond, and a client that reads slowly costs the memory of some pages. */
const maxRows = 500;
/** So many of the longest paths and targets are no more than a page of ordinary ones. */
const minRows = 32;
const wantedChars = 128 << 10;

interface Sized {
  readonly path: string;
  readonly target?: string | null;
}

/** The number of rows of the next page, so that its text has about 128 Ki characters: paths may have 4,096 each. */
export class PageSize {
  #rows = minRows;

  get rows(): number {
    return this.#rows;
  }

  /** To be called with each page. Pages grow step by step, since long paths may follow short ones. */
  adapt(page: readonly Sized[]): void {
    const chars = charsOf(page);
    if (chars > wantedChars) this.#rows = minRows;
    else if (chars < wantedChars / 2) this.#rows = Math.min(maxRows, 2 * this.#rows);
  }
}

function charsOf(page: readonly Sized[]): number {
  let chars = 0;
  for (const { path, target } of page) chars += path.length + (target?.length ?? 0);
  return chars;
}
