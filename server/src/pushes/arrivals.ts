import type { ObjectStore } from '../objects/objectStore';
import type { Stamp } from '../objects/stamp';
import type { Upload } from '../sessions/session';
import type { Run, RunObserver } from '../sessions/sessionActivity';
import { InboxWatch } from './inboxWatch';

/** Sessions may be left behind: of the oldest nothing is kept in memory, and their commits read all. */
const maxSessions = 64;

/** What the pushes that are under way have brought so far. */
export class Arrivals implements RunObserver {
  readonly #objects: ObjectStore;
  readonly #watches = new Map<string, InboxWatch>();

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  expect(id: string, inbox: string, uploads: readonly Upload[]): void {
    if (uploads.length === 0) return;
    this.#watches.set(id, new InboxWatch(inbox, uploads, this.#objects));
    const [oldest] = this.#watches.keys();
    if (oldest !== undefined && this.#watches.size > maxSessions) void this.forget(oldest);
  }

  /**
   * Only during the session's first runs: one that failed may have kept a partial file, the next may write on in that
   * file, and one that hangs may hold it open still.
   */
  began(id: string, run: Run): void {
    const watch = this.#watches.get(id);
    watch?.runBegan();
    void run.ended.then(() => watch?.runEnded(run.succeeded));
  }

  /** Nothing more is taken of a push that is not to be. */
  async forget(id: string): Promise<void> {
    const watch = this.#watches.get(id);
    this.#watches.delete(id);
    await watch?.stop();
  }

  /** What was taken, by hash. From here on nothing is. */
  async end(id: string): Promise<ReadonlyMap<string, Stamp>> {
    const watch = this.#watches.get(id);
    this.#watches.delete(id);
    return (await watch?.end()) ?? new Map<string, Stamp>();
  }
}
