import { setTimeout as delay } from 'node:timers/promises';
import { parentOf } from '../../contract/paths';
import { packFile } from '../../contract/schemas';
import { sameExceptCtime, stampOf, type FileStamp } from '../../objects/fileStamp';
import { bytesOf, slicesOf } from '../../objects/packs/pack';
import type { PackStore } from '../../objects/packs/packStore';
import type { Upload } from '../../sessions/session';
import { InboxFolders } from '../../sessions/inboxFolders';

/** The pause between two looks at the inbox. */
const passIntervalMs = 100;

/**
 * Stores the packs of a push while rsync still transfers others. rsync gives a pack its final name when it is complete, or
 * when its transfer was interrupted: then the slices that have arrived count.
 */
export class PackInbox {
  readonly #id: string;
  readonly #inbox: string;
  readonly #lists: readonly (readonly Upload[])[];
  readonly #packs: PackStore;
  readonly #stop = new AbortController();
  /** The stamps of the files that were stored, by the number of the pack. */
  readonly #stored = new Map<number, FileStamp>();
  readonly #brought = new Set<string>();
  #watching: Promise<void> | undefined;

  constructor(packs: PackStore, { id, inbox }: { id: string; inbox: string }, lists: readonly (readonly Upload[])[]) {
    this.#packs = packs;
    this.#id = id;
    this.#inbox = inbox;
    this.#lists = lists;
  }

  /** To be called when rsync has started to fill the inbox. */
  watch(): void {
    // An error here would also fail the commit, which can report it.
    this.#watching ??= this.#watch().catch(() => undefined);
  }

  /** Stores what is left, and returns the hashes of all contents that the packs have brought. */
  async finish(): Promise<ReadonlySet<string>> {
    await this.stop();
    await this.#pass('all');
    return this.#brought;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await delay(passIntervalMs, undefined, { signal, ref: false }).catch(() => undefined);
      await this.#pass('complete');
    }
  }

  async #pass(which: 'all' | 'complete'): Promise<void> {
    const folders = new InboxFolders(this.#inbox);
    for (const [number, uploads] of this.#lists.entries()) {
      if (which === 'complete' && this.#stop.signal.aborted) return;
      const file = `${this.#inbox}/${packFile(this.#id, number)}`;
      const stamp = stampOf(file);
      const earlier = this.#stored.get(number);
      if (stamp === undefined || (earlier !== undefined && sameExceptCtime(earlier, stamp))) continue;
      if (which === 'complete' && stamp.size !== BigInt(bytesOf(uploads))) continue;
      if (!folders.isSymlinkFree(parentOf(file))) continue;
      for (const { hash } of await this.#packs.add(file, slicesOf(uploads))) this.#brought.add(hash);
      this.#stored.set(number, stamp);
    }
  }
}
