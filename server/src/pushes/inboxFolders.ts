import { realpathSync } from 'node:fs';

/** rsync plants no links in an inbox; were one there all the same, nothing is read through it. */
export class InboxFolders {
  readonly #inbox: string;
  readonly #realInbox: string;
  readonly #known = new Map<string, boolean>();

  constructor(inbox: string) {
    this.#inbox = inbox;
    this.#realInbox = realpathSync(inbox);
  }

  isLinkFree(folder: string): boolean {
    const known = this.#known.get(folder);
    if (known !== undefined) return known;
    const expected = this.#realInbox + folder.slice(this.#inbox.length);
    let isReal: boolean;
    try {
      isReal = realpathSync(folder) === expected;
    } catch {
      isReal = false;
    }
    this.#known.set(folder, isReal);
    return isReal;
  }
}
