/** Stands in for the clock: what waits goes on when the test says that its time has passed. */
export class Waits {
  readonly #pending = new Set<{ ms: number; pass: () => void }>();
  #noticed: () => void = () => undefined;

  readonly wait = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const waiting = {
        ms,
        pass: () => {
          this.#pending.delete(waiting);
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      const onAbort = (): void => {
        this.#pending.delete(waiting);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#pending.add(waiting);
      this.#noticed();
    });

  get pending(): number {
    return this.#pending.size;
  }

  /** Lets so many milliseconds pass for what waits for them, once something does. */
  async pass(duration: number): Promise<void> {
    (await this.#waiting(duration)).pass();
  }

  /** Resolves once something waits for so many milliseconds. */
  async until(duration: number): Promise<void> {
    await this.#waiting(duration);
  }

  async #waiting(duration: number): Promise<{ pass: () => void }> {
    for (;;) {
      const found = [...this.#pending].find(({ ms }) => ms === duration);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (this.#noticed = resolve));
    }
  }
}

/** What was told, to be awaited one after the other. */
export class Heard<T> {
  readonly #told: T[] = [];
  #noticed: () => void = () => undefined;

  readonly tell = (value: T): void => {
    this.#told.push(value);
    this.#noticed();
  };

  /** What was told and not yet taken. */
  get left(): readonly T[] {
    return this.#told;
  }

  async next(): Promise<T> {
    for (;;) {
      const value = this.#told.shift();
      if (value !== undefined) return value;
      await new Promise<void>((resolve) => (this.#noticed = resolve));
    }
  }
}
