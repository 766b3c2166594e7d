import { lstatSync, renameSync } from 'node:fs';
import { inSlices } from '../../concurrency/inSlices';
import { parentOf } from '../../contract/paths';
import type { Upload } from '../../sessions/session';
import { InboxFolders } from '../../sessions/inboxFolders';

/** The inbox of an unfinished push. The push that resumes it takes the received files from there. */
export class EarlierInbox {
  readonly #inbox: string;
  readonly #folders: InboxFolders;
  /** A path that was to receive each content, by its hash. */
  readonly #pathByHash = new Map<string, string>();
  readonly #hashByPath = new Map<string, string>();
  readonly #wanted: ReadonlySet<string>;
  /** The hashes of the contents that its packs have brought, which are stored. */
  readonly brought: ReadonlySet<string>;

  /** `uploads` are those of the new push. */
  constructor(
    inbox: string,
    earlier: { readonly uploads: readonly Upload[]; readonly brought: ReadonlySet<string> },
    uploads: readonly Upload[],
  ) {
    this.#inbox = inbox;
    this.brought = earlier.brought;
    this.#folders = new InboxFolders(inbox);
    this.#wanted = new Set(uploads.map(({ hash }) => hash));
    for (const { path, hash } of earlier.uploads) {
      this.#pathByHash.set(hash, path);
      this.#hashByPath.set(path, hash);
    }
  }

  /** The bytes of `uploads` that the earlier push has received, completely or in part. */
  async receivedBytes(uploads: readonly Upload[]): Promise<number> {
    let received = 0;
    await inSlices(uploads, ({ path, hash, size }) => {
      const file = `${this.#inbox}/${this.#pathByHash.get(hash) ?? path}`;
      received += Math.min(size, lstatSync(file, { throwIfNoEntry: false })?.size ?? 0);
    });
    return received;
  }

  /**
   * Moves the received content of `upload` to `file`, even if it was received for another path. If it was not received,
   * moves an earlier content of the path as rsync's delta basis, unless another upload needs it. Returns false if neither
   * exists.
   */
  tryMove({ path, hash }: Upload, file: string): boolean {
    const source = this.#pathByHash.get(hash) ?? path;
    const earlierHash = this.#hashByPath.get(source);
    if (earlierHash === undefined || (earlierHash !== hash && this.#wanted.has(earlierHash))) return false;
    const received = `${this.#inbox}/${source}`;
    if (!this.#folders.isSymlinkFree(parentOf(received))) return false;
    if (lstatSync(received, { throwIfNoEntry: false })?.isFile() !== true) return false;
    renameSync(received, file);
    return true;
  }
}
