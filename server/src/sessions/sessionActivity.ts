import { WireError } from '../errors';
import { maxRunsAtOnce, type Run } from '../rsync/run';

/** Hears of the runs that begin in a session. */
export interface RunObserver {
  onRunStarted(id: string, run: Run): void;
}

/** What is under way in each session, so that nothing writes to its directory while it is read or removed. */
export class SessionActivity {
  readonly #exclusive = new Set<string>();
  readonly #runs = new Map<string, Set<Run>>();
  readonly #graceMs: number;

  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  isBusy(id: string): boolean {
    return this.#exclusive.has(id) || this.#runs.has(id);
  }

  /** Whether another run may begin. */
  hasCapacity(id: string): boolean {
    return !this.#exclusive.has(id) && this.#runsOf(id).length < maxRunsAtOnce;
  }

  requireCapacity(id: string): void {
    if (!this.hasCapacity(id)) throw new WireError('session_busy', 'the session is in use');
  }

  /**
   * A connection that comes right after the last one was lost waits for that one's rsync to be gone. Whether it was
   * lost only its client may know: what comes again for the same part ends it.
   */
  async waitForSlot(id: string, part: string | undefined): Promise<void> {
    const again = this.#runsOf(id).filter((run) => !run.isClosing && part !== undefined && run.part === part);
    for (const run of again) run.stop('its client came again');
    const closing = this.#runsOf(id).filter((run) => run.isClosing);
    await Promise.all(closing.map((run) => run.ended));
    this.requireCapacity(id);
  }

  attach(id: string, run: Run): void {
    this.requireCapacity(id);
    const runs = this.#runs.get(id) ?? new Set();
    this.#runs.set(id, runs.add(run));
    void run.ended.then(() => {
      runs.delete(run);
      if (runs.size === 0) this.#runs.delete(id);
    });
  }

  /** Runs `action` with no rsync at work; one that has not ended after the grace is stopped. */
  async exclusively<T>(id: string, graceful: boolean, action: () => Promise<T>): Promise<T> {
    if (this.#exclusive.has(id)) throw new WireError('session_busy', 'the session is in use');
    this.#exclusive.add(id);
    try {
      await this.#endRuns(id, graceful ? this.#graceMs : 0);
      return await action();
    } finally {
      this.#exclusive.delete(id);
    }
  }

  async stopAll(reason: string): Promise<void> {
    const runs = [...this.#runs.values()].flatMap((session) => [...session]);
    for (const run of runs) run.stop(reason);
    await Promise.all(runs.map((run) => run.ended));
  }

  #runsOf(id: string): Run[] {
    return [...(this.#runs.get(id) ?? [])];
  }

  async #endRuns(id: string, graceMs: number): Promise<void> {
    const runs = this.#runsOf(id);
    if (runs.length === 0) return;
    const timer = setTimeout(() => {
      for (const run of runs) run.stop('the session has ended');
    }, graceMs);
    await Promise.all(runs.map((run) => run.ended));
    clearTimeout(timer);
  }
}
