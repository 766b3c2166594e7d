import { setTimeout as delay } from 'node:timers/promises';

/** Work between two pauses. */
const sliceMs = 10;

/** Pauses work, so that others have their share of the time. */
export class Pacer {
  readonly #workShare: number;
  #since = performance.now();

  constructor(workShare: number) {
    this.#workShare = workShare;
  }

  async pauseIfDue(): Promise<void> {
    const workMs = performance.now() - this.#since;
    if (workMs < sliceMs) return;
    await delay((workMs * (1 - this.#workShare)) / this.#workShare);
    this.#since = performance.now();
  }
}

/** Ends a long read when it is cancelled, and pauses it when that is due. */
export function pauseAfter({ signal }: { readonly signal: AbortSignal }, pacer: Pacer): () => Promise<void> {
  return async () => {
    signal.throwIfAborted();
    await pacer.pauseIfDue();
  };
}
