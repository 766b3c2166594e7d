import type { Run } from '../rsync/run';

/** The longest pause, in milliseconds, in which a client looks for its next file. */
const idleMs = 2_000;

/**
 * The requests of a session that move its files, as one run: from the first of them until there has been none for some time, or
 * the session is committed or ended. So those who watch runs see the same as with rsync, and not a thousand runs of one file.
 */
export class HttpRun implements Run {
  readonly part = undefined;
  received = 0;
  readonly #ended = Promise.withResolvers<void>();
  readonly #stop = new AbortController();
  #open = 0;
  #hasFailed = false;
  #isSettling = false;
  #hasEnded = false;
  #idle: NodeJS.Timeout | undefined;

  constructor() {
    this.#waitForNext();
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get isClosing(): boolean {
    return this.#stop.signal.aborted || this.#hasEnded;
  }

  get succeeded(): boolean {
    return !this.#hasFailed && !this.#stop.signal.aborted;
  }

  /** Aborted when the run is stopped: its requests end. */
  get stopped(): AbortSignal {
    return this.#stop.signal;
  }

  /** A request begins. Returns the function for its end. */
  enter(): (outcome: 'done' | 'failed') => void {
    this.#open++;
    clearTimeout(this.#idle);
    let hasLeft = false;
    return (outcome) => {
      if (hasLeft) return;
      hasLeft = true;
      this.#open--;
      this.#hasFailed ||= outcome === 'failed';
      if (this.#open === 0) this.#waitForNext();
    };
  }

  settle(): void {
    this.#isSettling = true;
    if (this.#open === 0) this.#end();
  }

  stop(reason: string): void {
    if (this.isClosing) return;
    this.#stop.abort(new Error(reason));
    if (this.#open === 0) this.#end();
  }

  #waitForNext(): void {
    if (this.#isSettling || this.isClosing) return this.#end();
    this.#idle = setTimeout(() => this.#end(), idleMs);
    this.#idle.unref();
  }

  #end(): void {
    clearTimeout(this.#idle);
    this.#hasEnded = true;
    this.#ended.resolve();
  }
}
