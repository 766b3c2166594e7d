import { realpathSync } from 'node:fs';

/** Finds symlinks on the way to an inbox folder. rsync creates none, but if there were one, it must not be followed. */
export class InboxFolders {
  readonly #inbox: string;
  readonly #realInbox: string;
  readonly #results = new Map<string, boolean>();

  constructor(inbox: string) {
    this.#inbox = inbox;
    this.#realInbox = realpathSync(inbox);
  }

  /** Whether `folder` exists and is reached from the inbox without a symlink. The result is cached. */
  isSymlinkFree(folder: string): boolean {
    const cached = this.#results.get(folder);
    if (cached !== undefined) return cached;
    const expected = this.#realInbox + folder.slice(this.#inbox.length);
    let isSymlinkFree: boolean;
    try {
      isSymlinkFree = realpathSync(folder) === expected;
    } catch {
      isSymlinkFree = false;
    }
    this.#results.set(folder, isSymlinkFree);
    return isSymlinkFree;
  }
}
