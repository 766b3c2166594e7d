import type { ContentPins } from '../objects/contentPins';
import type { ContentStore } from '../objects/contentStore';
import type { OnFault } from '../objects/diskFault';
import { noUsage, sumOf, type Usage } from '../objects/usage';
import type { EntryRepository } from './entryRepository';

export interface UnusedContentsDeps {
  readonly entries: Pick<EntryRepository, 'usedHashes'>;
  readonly contents: ContentStore;
  readonly pins: ContentPins;
}

/** Hashes of one step: some milliseconds of work. */
const stepHashes = 1_000;

/**
 * The only remover of contents.
 * Invariant: a content stays as long as a revision has it or a session pins it. Removals, and the unpinning of sessions that
 * were committed, run in one queue. So a removal sees the content of a push either as pinned or in the database.
 */
export class UnusedContents {
  readonly #deps: UnusedContentsDeps;
  #last: Promise<void> = Promise.resolve();

  constructor(deps: UnusedContentsDeps) {
    this.#deps = deps;
  }

  /** Those of `hashes` that no revision has, except those of `exceptTrees`, and no session pins. */
  async find(hashes: readonly string[], exceptTrees: readonly number[] = []): Promise<string[]> {
    const { entries, pins } = this.#deps;
    const used = await entries.usedHashes(hashes, exceptTrees);
    return hashes.filter((hash) => !used.has(hash) && !pins.has(hash));
  }

  /** Removes those of `hashes` that are unused now. `id` is a session that no longer pins them. */
  async remove(hashes: readonly string[], id?: string, onFault?: OnFault): Promise<Usage> {
    const { entries, contents, pins } = this.#deps;
    let freed = noUsage;
    await this.#enqueue(async () => {
      const used = await entries.usedHashes(hashes);
      if (id !== undefined) pins.unpin(id);
      for (let start = 0; start < hashes.length; start += stepHashes) {
        // Each check and its removal are one step: a session may pin the hash between two of them.
        const step = hashes.slice(start, start + stepHashes).filter((hash) => !used.has(hash) && !pins.has(hash));
        freed = sumOf(freed, await contents.remove(step, onFault));
      }
    });
    return freed;
  }

  /** To be called when the revision that has the session's contents is durable. */
  unpinCommitted(id: string): void {
    void this.#enqueue(() => Promise.resolve(this.#deps.pins.unpin(id)));
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const run = this.#last.then(work);
    this.#last = run.catch(() => undefined);
    return run;
  }
}
