/** Measures for how long an upload has been worked on since it last waited for its client. */
export class WorkTime {
  #since: number | undefined = performance.now();

  /** In milliseconds; 0 while the upload waits. */
  get ms(): number {
    return this.#since === undefined ? 0 : performance.now() - this.#since;
  }

  /** Passes the pieces of an upload on. */
  async *beside(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
    this.#since = undefined;
    for await (const piece of pieces) {
      this.#since = performance.now();
      yield piece;
      this.#since = undefined;
    }
    this.#since = performance.now();
  }
}
