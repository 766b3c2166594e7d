/** A page of what the server lists newest first. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly more: boolean;
}

/** What a list is made of; `before` is the last item of the page before. */
export interface PageSource<T> {
  readonly fetch: (before: T | undefined) => Promise<Page<T>>;
  readonly onChange: () => void;
}

/**
 * A list that comes in pages. What is shown stays until the answer to a new question is there.
 * Invariant: of several questions only the answer to the last one counts.
 */
export class Pages<T> {
  readonly #source: PageSource<T>;
  #items: readonly T[] = [];
  #hasMore = false;
  #error: unknown;
  #asked = 0;
  #isAsked = false;

  constructor(source: PageSource<T>) {
    this.#source = source;
  }

  get items(): readonly T[] {
    return this.#items;
  }

  get hasMore(): boolean {
    return this.#hasMore;
  }

  /** Why the last question has no answer. */
  get error(): unknown {
    return this.#error;
  }

  /** An answer has come, so that an empty list is one. */
  get isAnswered(): boolean {
    return this.#isAsked && this.#error === undefined;
  }

  /** Asks for the newest ones. Never rejects. */
  reload(): Promise<void> {
    return this.#ask(undefined);
  }

  /** Adds the next page. Never rejects. */
  loadMore(): Promise<void> {
    return this.#ask(this.#items.at(-1));
  }

  async #ask(before: T | undefined): Promise<void> {
    const turn = ++this.#asked;
    const known = before === undefined ? [] : this.#items;
    let page: Page<T> | undefined;
    let error: unknown;
    try {
      page = await this.#source.fetch(before);
    } catch (reason) {
      error = reason;
    }
    if (turn !== this.#asked) return;
    this.#isAsked = true;
    this.#error = error;
    if (page !== undefined) {
      this.#items = [...known, ...page.items];
      this.#hasMore = page.more;
    }
    this.#source.onChange();
  }
}
