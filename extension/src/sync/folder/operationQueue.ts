import { PalmtreeError } from '../../errors';
import type { Store } from '../../io/store/storePort';

/**
 * What is done with one folder, in the order in which it was asked for.
 * Invariant: one operation at a time, in this window (the turns) and over all windows (the store's lock).
 */
export class OperationQueue {
  readonly #store: Pick<Store, 'refresh' | 'exclusively'>;
  readonly #onOthersStored: () => void;
  readonly #lifetime = new AbortController();
  #last: Promise<unknown> = Promise.resolve();

  /** `onOthersStored` is told when another window has stored something, before what runs next uses it. */
  constructor(store: Pick<Store, 'refresh' | 'exclusively'>, onOthersStored: () => void) {
    this.#store = store;
    this.#onOthersStored = onOthersStored;
  }

  /** Aborts with the folder's window. */
  get lifetime(): AbortSignal {
    return this.#lifetime.signal;
  }

  /** Runs `work` when it is its turn; what is cancelled while it waits for that ends at once. Throws cancelled. */
  inTurn<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    let hasBegun = false;
    const run = this.#last.then(() => {
      hasBegun = true;
      if (this.lifetime.aborted || signal?.aborted === true) throw cancelled();
      return work();
    });
    this.#last = run.catch(() => undefined);
    if (signal === undefined) return run;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        if (!hasBegun) reject(cancelled());
      };
      signal.addEventListener('abort', onAbort);
      run.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    });
  }

  /** Runs `work` while no other window does, on what the last of them has stored. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#store.exclusively(async () => {
      if (await this.#store.refresh()) this.#onOthersStored();
      return work();
    });
  }

  /** Cancels what runs and what waits. */
  cancelAll(): void {
    this.#lifetime.abort();
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    await this.#last.catch(() => undefined);
  }
}

function cancelled(): PalmtreeError {
  return new PalmtreeError('cancelled', 'cancelled before it began');
}
