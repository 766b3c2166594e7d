/** One page of a list that the server returns newest first. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly more: boolean;
}

export interface PageSource<T> {
  /** Fetches the page after `last`, the last item so far; the first page without it. */
  readonly fetch: (last: T | undefined) => Promise<Page<T>>;
  /** Identifies an item within the list. */
  readonly keyOf: (item: T) => string;
  readonly onChange: () => void;
}

/**
 * A list that loads in pages, and to which items are added at the front only. Items stay until a reload succeeds, and
 * older pages stay after it too. Invariant: if several reloads overlap, only the last one counts.
 */
export class Pages<T> {
  readonly #source: PageSource<T>;
  #items: readonly T[] = [];
  #hasMore = false;
  #error: unknown;
  #reloads = 0;
  #hasLoaded = false;

  constructor(source: PageSource<T>) {
    this.#source = source;
  }

  get items(): readonly T[] {
    return this.#items;
  }

  get hasMore(): boolean {
    return this.#hasMore;
  }

  /** The error of the last request, if it failed. */
  get error(): unknown {
    return this.#error;
  }

  /** True if a page was loaded and the last request did not fail, so that an empty list is really empty. */
  get isLoaded(): boolean {
    return this.#hasLoaded && this.#error === undefined;
  }

  /** Loads the newest items. Never rejects. */
  async reload(): Promise<void> {
    const number = ++this.#reloads;
    await this.#load(undefined, {
      isCurrent: () => number === this.#reloads,
      add: ({ items, more }) => {
        const last = items.at(-1);
        const index = last !== undefined && more ? this.#indexOf(last) : -1;
        // A page that does not reach the older items would leave a gap before them.
        if (index === -1) [this.#items, this.#hasMore] = [items, more];
        else this.#items = [...items, ...this.#items.slice(index + 1)];
      },
    });
  }

  /** Loads the next page. Never rejects. */
  async loadMore(): Promise<void> {
    const last = this.#items.at(-1);
    if (last === undefined) return this.reload();
    await this.#load(last, {
      isCurrent: () => this.#items.length > 0 && this.#indexOf(last) === this.#items.length - 1,
      add: ({ items, more }) => {
        this.#items = [...this.#items, ...items];
        this.#hasMore = more;
      },
    });
  }

  async #load(last: T | undefined, result: { isCurrent: () => boolean; add: (page: Page<T>) => void }): Promise<void> {
    let page: Page<T> | undefined;
    let error: unknown;
    try {
      page = await this.#source.fetch(last);
    } catch (reason) {
      error = reason;
    }
    if (!result.isCurrent()) return;
    this.#hasLoaded = true;
    this.#error = error;
    if (page !== undefined) result.add(page);
    this.#source.onChange();
  }

  #indexOf(item: T): number {
    const key = this.#source.keyOf(item);
    return this.#items.findIndex((other) => this.#source.keyOf(other) === key);
  }
}
