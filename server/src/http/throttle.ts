/** Limits what happens again and again to once in `ms` milliseconds. */
export class Throttle {
  readonly #ms: number;
  #last = Number.NEGATIVE_INFINITY;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Whether it may happen now. */
  isDue(): boolean {
    const now = performance.now();
    if (now - this.#last < this.#ms) return false;
    this.#last = now;
    return true;
  }
}
