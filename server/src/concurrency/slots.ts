/** Lets at most `count` pieces of work with the same key run at once. The others wait in order. */
export class Slots<Key> {
  readonly #count: number;
  readonly #running = new Map<Key, number>();
  readonly #waiting = new Map<Key, (() => void)[]>();

  constructor(count: number) {
    this.#count = count;
  }

  async run<T>(key: Key, work: () => Promise<T>): Promise<T> {
    await this.#enter(key);
    try {
      return await work();
    } finally {
      this.#leave(key);
    }
  }

  async #enter(key: Key): Promise<void> {
    const running = this.#running.get(key) ?? 0;
    if (running < this.#count) {
      this.#running.set(key, running + 1);
      return;
    }
    const waiting = this.#waiting.get(key) ?? [];
    this.#waiting.set(key, waiting);
    await new Promise<void>((resolve) => waiting.push(resolve));
  }

  /** The slot passes to the next that waits. */
  #leave(key: Key): void {
    const waiting = this.#waiting.get(key);
    const next = waiting?.shift();
    if (waiting?.length === 0) this.#waiting.delete(key);
    if (next !== undefined) return next();
    const running = (this.#running.get(key) ?? 0) - 1;
    if (running > 0) this.#running.set(key, running);
    else this.#running.delete(key);
  }
}
