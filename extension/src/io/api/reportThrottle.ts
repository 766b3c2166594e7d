import { setTimeout as delay } from 'node:timers/promises';

/** The shortest and the longest pause between two reports, in milliseconds. */
const minPauseMs = 250;
const maxPauseMs = 8_000;

type Wait = (ms: number, signal: AbortSignal) => Promise<unknown>;

const realWait: Wait = (ms, signal) => delay(ms, undefined, { signal });

/**
 * Reports at once, and joins the requests that follow into one report: while they keep coming, the pauses between two
 * reports grow. Each report makes the client ask the server, and no server may decide how often.
 */
export class ReportThrottle {
  readonly #report: () => void;
  readonly #wait: Wait;
  readonly #signal: AbortSignal;
  #isPausing = false;
  #isDue = false;

  /** Ends with `signal`, without another report. */
  constructor(report: () => void, signal: AbortSignal, wait: Wait = realWait) {
    this.#report = report;
    this.#signal = signal;
    this.#wait = wait;
  }

  /** Reports now, or together with other requests after a pause. */
  request(): void {
    this.#isDue = true;
    if (!this.#isPausing) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isPausing = true;
    for (let pauseMs = minPauseMs; this.#isDue && !this.#signal.aborted; pauseMs = Math.min(maxPauseMs, 2 * pauseMs)) {
      this.#isDue = false;
      this.#report();
      // It rejects only when the signal is aborted.
      await this.#wait(pauseMs, this.#signal).catch(() => undefined);
    }
    this.#isPausing = false;
  }
}
