import type { FileStamp } from '../../objects/fileStamp';
import type { ObjectStore } from '../../objects/objectStore';
import type { Run } from '../../rsync/run';
import type { Upload } from '../../sessions/session';
import type { RunObserver } from '../../sessions/rsyncRuns';
import { InboxVerifier } from './inboxVerifier';

/** Clients may abandon sessions. Beyond this number, the oldest verifier is dropped, and its commit reads all files. */
const maxVerifiers = 64;

/** The inbox verifiers of the pushes in progress. */
export class InboxVerifiers implements RunObserver {
  readonly #objects: ObjectStore;
  readonly #verifiers = new Map<string, InboxVerifier>();

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /** `stored` has the stamps of further uploads, which are stored already. */
  add(id: string, inbox: string, uploads: readonly Upload[], stored: ReadonlyMap<string, FileStamp>): void {
    if (uploads.length + stored.size === 0) return;
    this.#verifiers.set(id, new InboxVerifier(inbox, uploads, this.#objects, stored));
    const [oldest] = this.#verifiers.keys();
    if (oldest !== undefined && this.#verifiers.size > maxVerifiers) void this.discard(oldest);
  }

  /**
   * Files are stored early only during a session's first runs. A failed run may leave a partial file, which the next
   * run may write to, and a hanging run may still have it open.
   */
  onRunStarted(id: string, run: Run): void {
    const verifier = this.#verifiers.get(id);
    verifier?.runStarted();
    void run.ended.then(() => verifier?.runEnded(run.succeeded));
  }

  /** Stores no more files of an abandoned push. */
  async discard(id: string): Promise<void> {
    const verifier = this.#verifiers.get(id);
    this.#verifiers.delete(id);
    await verifier?.stop();
  }

  /** Stops storing files of this push, and returns the stamps of those that were stored, by hash. */
  async finish(id: string): Promise<ReadonlyMap<string, FileStamp>> {
    const verifier = this.#verifiers.get(id);
    this.#verifiers.delete(id);
    return (await verifier?.finish()) ?? new Map<string, FileStamp>();
  }
}
