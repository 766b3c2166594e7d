import { WireError } from '../errors';
import { maxRunsAtOnce, type Run } from '../rsync/run';

/** Tracks each session's runs and exclusive actions, so that no run writes to a folder that is read or removed. */
export class SessionActivity {
  readonly #exclusive = new Set<string>();
  readonly #runs = new Map<string, Set<Run>>();
  readonly #tidying = new Map<string, Promise<void>>();
  readonly #graceMs: number;
  readonly #now: () => Date;
  readonly #startedAt: Date;
  /** The end of each session's last run or action. */
  readonly #lastUse = new Map<string, Date>();

  constructor(graceMs: number, now: () => Date = () => new Date()) {
    this.#graceMs = graceMs;
    this.#now = now;
    this.#startedAt = now();
  }

  /** The time since which nothing used the session, as far as this process knows. */
  idleSince(id: string, createdAt: Date): Date {
    const known = this.#lastUse.get(id) ?? this.#startedAt;
    return known > createdAt ? known : createdAt;
  }

  /** To be called with the ids of all sessions: forgets the others. */
  retain(ids: ReadonlySet<string>): void {
    for (const id of this.#lastUse.keys()) if (!ids.has(id)) this.#lastUse.delete(id);
  }

  isBusy(id: string): boolean {
    return this.#exclusive.has(id) || this.#runs.has(id) || this.#tidying.has(id);
  }

  isExclusive(id: string): boolean {
    return this.#exclusive.has(id);
  }

  /** Whether another run may start. */
  hasCapacity(id: string): boolean {
    return !this.#exclusive.has(id) && !this.#tidying.has(id) && this.#runsOf(id).length < maxRunsAtOnce;
  }

  requireCapacity(id: string): void {
    if (!this.hasCapacity(id)) throw sessionBusy();
  }

  /**
   * Waits until the runs of lost connections have ended, then throws session_busy if no run may start. Only the client
   * may know that a connection is lost, so when it connects again for a part, the part's earlier run is stopped.
   */
  async waitForSlot(id: string, part: string | undefined): Promise<void> {
    const replaced = this.#runsOf(id).filter((run) => !run.isClosing && part !== undefined && run.part === part);
    for (const run of replaced) run.stop('its client has connected again');
    const closing = this.#runsOf(id).filter((run) => run.isClosing);
    await Promise.all(closing.map((run) => run.ended));
    await this.#tidying.get(id);
    this.requireCapacity(id);
  }

  attach(id: string, run: Run): void {
    this.requireCapacity(id);
    const runs = this.#runs.get(id) ?? new Set();
    this.#runs.set(id, runs.add(run));
    void run.ended.then(() => {
      runs.delete(run);
      if (runs.size === 0) this.#runs.delete(id);
      this.#lastUse.set(id, this.#now());
    });
  }

  /**
   * Stops all runs, then runs `action` while no run may start. With `await-runs`, the runs first have some time to end by
   * themselves. Throws session_busy.
   */
  async exclusively<T>(id: string, ending: 'await-runs' | 'stop-runs', action: () => Promise<T>): Promise<T> {
    const tidying = this.#tidying.get(id);
    if (tidying !== undefined) await tidying;
    if (this.#exclusive.has(id)) throw sessionBusy();
    this.#exclusive.add(id);
    try {
      await this.#endRuns(id, ending === 'await-runs' ? this.#graceMs : 0);
      return await action();
    } finally {
      this.#exclusive.delete(id);
      this.#lastUse.set(id, this.#now());
    }
  }

  /** Runs a short action on a session that nothing uses. Runs and exclusive actions wait for its end. */
  async tidy(id: string, action: () => Promise<void>): Promise<void> {
    if (this.isBusy(id)) return;
    const tidied = action();
    this.#tidying.set(
      id,
      tidied.catch(() => undefined),
    );
    try {
      await tidied;
    } finally {
      this.#tidying.delete(id);
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
    for (const run of runs) run.settle?.();
    const timer = setTimeout(() => {
      for (const run of runs) run.stop('the session has ended');
    }, graceMs);
    await Promise.all(runs.map((run) => run.ended));
    clearTimeout(timer);
  }
}

function sessionBusy(): WireError {
  return new WireError('session_busy', 'the session is in use');
}
