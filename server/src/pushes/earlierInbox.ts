import { lstatSync, renameSync } from 'node:fs';
import { inSlices } from '../concurrency/inSlices';
import type { Upload } from '../sessions/session';
import { InboxFolders } from './inboxFolders';

/** The inbox of an unfinished push. The push that resumes it takes the received files from there. */
export class EarlierInbox {
  readonly #inbox: string;
  readonly #folders: InboxFolders;
  /** A path that was to receive each content, by its hash. */
  readonly #pathByHash = new Map<string, string>();
  readonly #hashByPath = new Map<string, string>();
  readonly #wanted: ReadonlySet<string>;

  /** `earlier` are the uploads of the earlier push, `uploads` those of the new one. */
  constructor(inbox: string, earlier: readonly Upload[], uploads: readonly Upload[]) {
    this.#inbox = inbox;
    this.#folders = new InboxFolders(inbox);
    this.#wanted = new Set(uploads.map(({ hash }) => hash));
    for (const { path, hash } of earlier) {
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
    if (!this.#folders.isSymlinkFree(received.slice(0, received.lastIndexOf('/')))) return false;
    if (lstatSync(received, { throwIfNoEntry: false })?.isFile() !== true) return false;
    renameSync(received, file);
    return true;
  }
}
