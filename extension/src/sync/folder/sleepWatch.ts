const tickMs = 5_000;
/** A busy machine delays timers, too, but hardly by this much. */
const sleepMs = 15_000;

/** Notices that the machine has slept: the clock has gone on, and timers have not. Connections are dead after that. */
export class SleepWatch {
  readonly #timer: NodeJS.Timeout;

  constructor(onWake: () => void) {
    let last = Date.now();
    this.#timer = setInterval(() => {
      const now = Date.now();
      const hasSlept = now - last > tickMs + sleepMs;
      last = now;
      if (hasSlept) onWake();
    }, tickMs);
    this.#timer.unref();
  }

  dispose(): void {
    clearInterval(this.#timer);
  }
}
