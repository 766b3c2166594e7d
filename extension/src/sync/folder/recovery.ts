import { setTimeout as delay } from 'node:timers/promises';
import type { PalmtreeError } from '../../errors';
import type { Wait } from '../../io/api/revisionFeed';
import type { SyncStatus } from './syncStatus';

/** The pauses before the checks, in milliseconds; the last one repeats. */
const pausesMs = [2_000, 4_000, 8_000, 15_000, 30_000];

export interface RecoveryDeps {
  readonly status: Pick<SyncStatus, 'error' | 'onDidChange'>;
  /** Returns a check whether the cause of an error is gone; undefined if nothing but a command can tell. */
  readonly isCured: (error: PalmtreeError) => (() => Promise<boolean>) | undefined;
  readonly onCured: (error: PalmtreeError) => Promise<void>;
  readonly onDefect: (error: unknown) => void;
  readonly wait?: Wait;
}

/** While an error halts the folder, checks again and again whether its cause is gone. */
export class Recovery {
  readonly #deps: RecoveryDeps;
  readonly #wait: Wait;
  readonly #subscription: { dispose(): void };
  #error: PalmtreeError | undefined;
  /** Ends the checks for `#error`. */
  #end = new AbortController();
  #pause: AbortController | undefined;

  constructor(deps: RecoveryDeps) {
    this.#deps = deps;
    this.#wait = deps.wait ?? ((ms, signal) => delay(ms, undefined, { signal, ref: false }));
    this.#subscription = deps.status.onDidChange(() => this.#follow());
  }

  /** Checks at once. */
  recheck(): void {
    this.#pause?.abort();
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#end.abort();
  }

  #follow(): void {
    const { status, isCured, onDefect } = this.#deps;
    const { error } = status;
    if (error === this.#error) return;
    this.#error = error;
    this.#end.abort();
    const check = error && isCured(error);
    if (error === undefined || check === undefined) return;
    const end = (this.#end = new AbortController());
    this.#check(error, check, end.signal).catch((defect: unknown) => {
      if (!end.signal.aborted) onDefect(defect);
    });
  }

  async #check(error: PalmtreeError, check: () => Promise<boolean>, end: AbortSignal): Promise<void> {
    for (let count = 0; !end.aborted; count++) {
      const pause = (this.#pause = new AbortController());
      const signal = AbortSignal.any([end, pause.signal]);
      await this.#wait(pausesMs[count] ?? pausesMs.at(-1)!, signal).catch((failure: unknown) => {
        if (!signal.aborted) throw failure;
      });
      if (end.aborted || !(await check()) || end.aborted) continue;
      await this.#deps.onCured(error);
    }
  }
}
