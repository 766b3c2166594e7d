import { PalmtreeError } from '../../errors';
import type { Store } from '../../io/store/storePort';
import { asDiskError } from '../../io/store/storeError';
import { windowClosed } from '../ports/windowClosed';
import { settledWithin } from '../../io/threads/settledWithin';

/** The time, in milliseconds, in which a cancelled operation ends, unless its disk does not respond. */
const closingMs = 10_000;

type SharedStore = Pick<Store, 'refresh' | 'exclusively'>;

/**
 * Runs the operations of one folder in the order in which they were requested.
 * Invariant: one operation runs at a time, in this window (`inTurn`) and over all windows (`exclusively`).
 */
export class OperationQueue {
  readonly #store: SharedStore;
  readonly #onStoreReplaced: () => void;
  readonly #lifetime = new AbortController();
  #last: Promise<unknown> = Promise.resolve();

  /** `onStoreReplaced` is called when another window has saved its state, before the next operation uses it. */
  constructor(store: SharedStore, onStoreReplaced: () => void) {
    this.#store = store;
    this.#onStoreReplaced = onStoreReplaced;
  }

  /** Aborts when the folder is closed. */
  get lifetime(): AbortSignal {
    return this.#lifetime.signal;
  }

  /** Runs `work` after all earlier work. Throws cancelled, at once if `signal` is aborted before the work begins. */
  inTurn<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    let hasBegun = false;
    const run = this.#last.then(() => {
      hasBegun = true;
      if (this.lifetime.aborted || signal?.aborted === true) throw cancelled();
      return work();
    });
    this.#last = run.catch(() => undefined);
    return signal === undefined ? run : cancellable(run, signal, () => !hasBegun);
  }

  /** Reads the state if another window has saved it, and returns whether it has. The caller has the turn. */
  async refresh(): Promise<boolean> {
    const isReplaced = await this.#store.refresh();
    if (isReplaced) this.#onStoreReplaced();
    return isReplaced;
  }

  /**
   * Runs `work` while no other window runs an operation, on the state that was saved last. Throws disk_full, read_only and
   * disk_fault for system errors of `work`, and cancelled, at once if `signal` is aborted or the folder is closed before
   * the work begins: the lock's disk may not respond.
   */
  async exclusively<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const end = signal === undefined ? this.lifetime : AbortSignal.any([this.lifetime, signal]);
    let hasBegun = false;
    const run = this.#store.exclusively(async () => {
      if (end.aborted) throw cancelled();
      hasBegun = true;
      await this.refresh();
      return work();
    });
    try {
      return await cancellable(run, end, () => !hasBegun);
    } catch (error) {
      throw asDiskError(error);
    }
  }

  /** Cancels the running and all queued operations. */
  cancelAll(): void {
    this.#lifetime.abort(windowClosed);
  }

  /** Resolves when no operation is running, or after a while if one waits for a disk that does not respond. */
  async idle(): Promise<void> {
    await settledWithin(this.#last, closingMs);
  }
}

/** Rejects with cancelled as soon as `signal` is aborted while `isWaiting`. */
function cancellable<T>(run: Promise<T>, signal: AbortSignal, isWaiting: () => boolean): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      if (isWaiting()) reject(cancelled());
    };
    signal.addEventListener('abort', onAbort);
    run.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    if (signal.aborted) onAbort();
  });
}

function cancelled(): PalmtreeError {
  return new PalmtreeError('cancelled', 'cancelled before it began');
}
