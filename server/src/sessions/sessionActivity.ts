import { WireError } from '../app/wireError';

/** A running rsync. */
export interface Run {
  /** Resolves when its processes are gone. Never rejects. */
  readonly ended: Promise<void>;
  /** True from when its connection is lost, or it was told to stop. */
  readonly closing: boolean;
  /** Ends it, at once. */
  stop(reason: string): void;
}

/** What is under way in each session, so that nothing writes to its directory while it is read or removed. */
export class SessionActivity {
  readonly #exclusive = new Set<string>();
  readonly #runs = new Map<string, Run>();
  readonly #graceMs: number;

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  isBusy(id: string): boolean {
    return this.#exclusive.has(id) || this.#runs.has(id);
  }

  requireFree(id: string): void {
    if (this.isBusy(id)) throw new WireError('session_busy', 'the session is in use');
  }

  /** A connection that comes right after the last one was lost waits for that one's rsync to be gone. */
  async freed(id: string): Promise<void> {
    const run = this.#runs.get(id);
    if (run?.closing === true) await run.ended;
    this.requireFree(id);
  }

  attach(id: string, run: Run): void {
    this.requireFree(id);
    this.#runs.set(id, run);
    void run.ended.then(() => this.#runs.delete(id));
  }

  /** Runs `action` with no rsync at work; one that has not ended after the grace is stopped. */
  async exclusively<T>(id: string, graceful: boolean, action: () => Promise<T>): Promise<T> {
    if (this.#exclusive.has(id)) throw new WireError('session_busy', 'the session is in use');
    this.#exclusive.add(id);
    try {
      await this.#endRun(id, graceful ? this.#graceMs : 0);
      return await action();
    } finally {
      this.#exclusive.delete(id);
    }
  }

  async stopAll(reason: string): Promise<void> {
    const runs = [...this.#runs.values()];
    for (const run of runs) run.stop(reason);
    await Promise.all(runs.map((run) => run.ended));
  }

  async #endRun(id: string, graceMs: number): Promise<void> {
    const run = this.#runs.get(id);
    if (run === undefined) return;
    const timer = setTimeout(() => run.stop('the session has ended'), graceMs);
    await run.ended;
    clearTimeout(timer);
  }
}
