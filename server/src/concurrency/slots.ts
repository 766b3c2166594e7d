interface Waiting {
  readonly take: () => void;
}

/** Lets at most `count` pieces of work with the same key run at once. The others wait in order. */
export class Slots<Key> {
  readonly #count: number;
  readonly #running = new Map<Key, number>();
  readonly #waiting = new Map<Key, Set<Waiting>>();

  constructor(count: number) {
    this.#count = count;
  }

  async run<T>(key: Key, work: () => Promise<T>): Promise<T> {
    const leave = await this.enter(key);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /**
   * Resolves when there is a slot, with the function that gives it back, which may be called again. Rejects with the
   * signal's reason if it is aborted before.
   */
  async enter(key: Key, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    const running = this.#running.get(key) ?? 0;
    if (running < this.#count) this.#running.set(key, running + 1);
    else await this.#turn(key, signal);
    let hasLeft = false;
    return () => {
      if (!hasLeft) this.#leave(key);
      hasLeft = true;
    };
  }

  async #turn(key: Key, signal: AbortSignal | undefined): Promise<void> {
    const queue = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, queue);
    await new Promise<void>((resolve, reject) => {
      const waiting: Waiting = {
        take: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      const onAbort = (): void => {
        queue.delete(waiting);
        if (queue.size === 0 && this.#waiting.get(key) === queue) this.#waiting.delete(key);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      queue.add(waiting);
    });
  }

  /** The slot passes to the next that waits. */
  #leave(key: Key): void {
    const queue = this.#waiting.get(key);
    const [next] = queue ?? [];
    if (queue !== undefined && next !== undefined) {
      queue.delete(next);
      if (queue.size === 0) this.#waiting.delete(key);
      return next.take();
    }
    const running = (this.#running.get(key) ?? 0) - 1;
    if (running > 0) this.#running.set(key, running);
    else this.#running.delete(key);
  }
}
