interface Timer {
  readonly ms: number;
  readonly fire: () => void;
}

/** Timers that fire when the test says that their time has passed. */
export class ManualTimers {
  readonly #timers = new Set<Timer>();
  #onStart: () => void = () => undefined;

  /** Starts a timer of `ms` milliseconds. Rejects once `signal` is aborted. */
  readonly wait = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const timer: Timer = {
        ms,
        fire: () => {
          this.#timers.delete(timer);
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      const onAbort = (): void => {
        this.#timers.delete(timer);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#timers.add(timer);
      this.#onStart();
    });

  /** The number of running timers. */
  get running(): number {
    return this.#timers.size;
  }

  /** Fires a timer of `ms` milliseconds, as soon as one is running. */
  async fire(ms: number): Promise<void> {
    (await this.#timerOf(ms)).fire();
  }

  /** Resolves as soon as a timer of `ms` milliseconds is running. */
  async started(ms: number): Promise<void> {
    await this.#timerOf(ms);
  }

  async #timerOf(ms: number): Promise<Timer> {
    for (;;) {
      const found = [...this.#timers].find((timer) => timer.ms === ms);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (this.#onStart = resolve));
    }
  }
}
