import { inSlices } from '../concurrency/inSlices';
import type { ObjectStore } from '../objects/objectStore';
import type { Upload } from '../sessions/session';
import type { SessionStore, UploadedContent } from '../sessions/sessionStore';
import type { EntryRepository } from '../trees/entryRepository';
import type { InboxVerifiers } from './inboxVerifiers';

export interface UploadedObjectsDeps {
  readonly sessions: SessionStore;
  readonly entries: EntryRepository;
  readonly objects: ObjectStore;
  readonly inboxVerifiers: InboxVerifiers;
}

/**
 * The objects that open pushes bring in. When a push ends without a commit, those that nothing else uses are removed.
 * Invariant: an object stays as long as a revision has it, or an open push declared it. The declaration of a push is
 * withdrawn in a queue, so each removal sees a push either as open or in the database.
 */
export class UploadedObjects implements UploadedContent {
  readonly #deps: UploadedObjectsDeps;
  readonly #declared = new Map<string, readonly string[]>();
  /** The number of open pushes that declared a hash. */
  readonly #counts = new Map<string, number>();
  #last: Promise<void> = Promise.resolve();

  constructor(deps: UploadedObjectsDeps) {
    this.#deps = deps;
  }

  /** To be called before any file of the push is stored. */
  declare(id: string, uploads: readonly Upload[]): void {
    const hashes = uploads.map(({ hash }) => hash);
    this.#declared.set(id, hashes);
    for (const hash of hashes) this.#counts.set(hash, (this.#counts.get(hash) ?? 0) + 1);
  }

  /** Declares the uploads of the pushes that were open when the server stopped. To be called before the first request. */
  async restore(): Promise<void> {
    const { sessions } = this.#deps;
    for (const { id, kind } of await sessions.list()) {
      if (kind !== 'push') continue;
      // A record that a power loss truncated cannot be committed, and its push stores nothing.
      const record = await sessions.pushRecord(id).catch(() => undefined);
      if (record !== undefined) this.declare(id, record.uploads);
    }
  }

  /** The push is committed, so a revision has its objects. */
  committed(id: string): void {
    this.#enqueue(() => {
      this.#withdraw(id);
      return Promise.resolve();
    }).catch(() => undefined);
  }

  /** Removes what the push has brought in and nothing else uses. */
  async discard(id: string): Promise<void> {
    const { entries, objects, inboxVerifiers } = this.#deps;
    await inboxVerifiers.discard(id);
    await this.#enqueue(async () => {
      const hashes = this.#declared.get(id) ?? [];
      if (hashes.length === 0) return;
      const used = await entries.usedHashes(hashes);
      this.#withdraw(id);
      // Each check and its removal are one step: another push may declare the hash between two of them.
      await inSlices(hashes, (hash) => {
        if (!used.has(hash) && !this.#counts.has(hash)) objects.remove(hash);
      });
    });
  }

  #withdraw(id: string): void {
    for (const hash of this.#declared.get(id) ?? []) {
      const count = (this.#counts.get(hash) ?? 0) - 1;
      if (count > 0) this.#counts.set(hash, count);
      else this.#counts.delete(hash);
    }
    this.#declared.delete(id);
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const run = this.#last.then(work);
    this.#last = run.catch(() => undefined);
    return run;
  }
}
