import { once } from 'node:events';

export interface TurnRequest {
  /** Names the work to those that wait for it. */
  readonly name: string;
  readonly signal: AbortSignal;
  readonly report: (progress: string) => void;
}

/** Lets one piece of work run at a time. The others say what they wait for, and can be cancelled. */
export class NamedTurn {
  #current: { readonly name: string; readonly ended: Promise<void> } | undefined;

  /** Throws the signal's reason if it is aborted before the turn comes. */
  async run<T>({ name, signal, report }: TurnRequest, work: () => Promise<T>): Promise<T> {
    const aborted = once(signal, 'abort');
    while (this.#current !== undefined) {
      signal.throwIfAborted();
      report(`Waits until ${this.#current.name} has ended.`);
      await Promise.race([this.#current.ended, aborted]);
    }
    signal.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#current = { name, ended: promise };
    try {
      return await work();
    } finally {
      this.#current = undefined;
      resolve();
    }
  }
}
