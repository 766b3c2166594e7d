/** Collects events, which a test awaits one after the other. */
export class EventLog<T> {
  readonly #unread: T[] = [];
  #onRecord: () => void = () => undefined;

  readonly record = (event: T): void => {
    this.#unread.push(event);
    this.#onRecord();
  };

  /** The events that `next` has not returned yet. */
  get unread(): readonly T[] {
    return this.#unread;
  }

  async next(): Promise<T> {
    for (;;) {
      const event = this.#unread.shift();
      if (event !== undefined) return event;
      await new Promise<void>((resolve) => (this.#onRecord = resolve));
    }
  }
}
