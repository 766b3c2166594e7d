/** A page of what the server lists newest first. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly more: boolean;
}

/** What a list is made of; `before` is the last item of the page before. */
export interface PageSource<T> {
  readonly fetch: (before: T | undefined) => Promise<Page<T>>;
  /** Tells an item from every other one of the list. */
  readonly keyOf: (item: T) => string;
  readonly onChange: () => void;
}

/**
 * A list that comes in pages, to which new items come at the front alone.
 * What is shown stays until the answer to a new question is there, and older pages stay after it.
 * Invariant: of several questions for the newest ones only the answer to the last counts.
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
  async reload(): Promise<void> {
    const turn = ++this.#asked;
    await this.#ask(undefined, {
      counts: () => turn === this.#asked,
      take: ({ items, more }) => {
        const last = items.at(-1);
        const known = last !== undefined && more ? this.#indexOf(last) : -1;
        // What does not reach the known items would leave a gap before them.
        if (known === -1) [this.#items, this.#hasMore] = [items, more];
        else this.#items = [...items, ...this.#items.slice(known + 1)];
      },
    });
  }

  /** Adds the next page. Never rejects. */
  async loadMore(): Promise<void> {
    const last = this.#items.at(-1);
    if (last === undefined) return this.reload();
    await this.#ask(last, {
      counts: () => this.#items.length > 0 && this.#indexOf(last) === this.#items.length - 1,
      take: ({ items, more }) => {
        this.#items = [...this.#items, ...items];
        this.#hasMore = more;
      },
    });
  }

  async #ask(before: T | undefined, answer: { counts: () => boolean; take: (page: Page<T>) => void }): Promise<void> {
    let page: Page<T> | undefined;
    let error: unknown;
    try {
      page = await this.#source.fetch(before);
    } catch (reason) {
      error = reason;
    }
    if (!answer.counts()) return;
    this.#isAsked = true;
    this.#error = error;
    if (page !== undefined) answer.take(page);
    this.#source.onChange();
  }

  #indexOf(item: T): number {
    const key = this.#source.keyOf(item);
    return this.#items.findIndex((known) => this.#source.keyOf(known) === key);
  }
}
