import type { ObjectStore } from '../objects/objectStore';
import type { FileStamp } from '../objects/fileStamp';
import type { Upload } from '../sessions/session';
import type { Run } from '../rsync/run';
import type { RunObserver } from '../sessions/sessionActivity';
import { InboxVerifier } from './inboxVerifier';

/** Sessions may be left behind: of the oldest nothing is kept in memory, and their commits read all. */
const maxSessions = 64;

/** What the pushes that are under way have brought so far. */
export class PendingUploads implements RunObserver {
  readonly #objects: ObjectStore;
  readonly #watches = new Map<string, InboxVerifier>();

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  add(id: string, inbox: string, uploads: readonly Upload[]): void {
    if (uploads.length === 0) return;
    this.#watches.set(id, new InboxVerifier(inbox, uploads, this.#objects));
    const [oldest] = this.#watches.keys();
    if (oldest !== undefined && this.#watches.size > maxSessions) void this.discard(oldest);
  }

  /**
   * Only during the session's first runs: one that failed may have kept a partial file, the next may write on in that
   * file, and one that hangs may hold it open still.
   */
  onRunStarted(id: string, run: Run): void {
    const watch = this.#watches.get(id);
    watch?.runStarted();
    void run.ended.then(() => watch?.runEnded(run.succeeded));
  }

  /** Nothing more is taken of a push that is not to be. */
  async discard(id: string): Promise<void> {
    const watch = this.#watches.get(id);
    this.#watches.delete(id);
    await watch?.stop();
  }

  /** What was taken, by hash. From here on nothing is. */
  async finish(id: string): Promise<ReadonlyMap<string, FileStamp>> {
    const watch = this.#watches.get(id);
    this.#watches.delete(id);
    return (await watch?.finish()) ?? new Map<string, FileStamp>();
  }
}
