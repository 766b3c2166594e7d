import { statSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { inSlices } from '../../concurrency/inSlices';
import { parentOf } from '../../contract/paths';
import type { FileStamp } from '../../objects/fileStamp';
import type { ObjectStore } from '../../objects/objectStore';
import type { Upload } from '../../sessions/session';
import { InboxFolders } from '../../sessions/inboxFolders';

/** The pause between two passes over the inbox. */
const passIntervalMs = 100;
/** After this much work, the verifier yields so that rsync's bytes are forwarded. */
const sliceMs = 5;
/**
 * rsync sends a folder's files in the order of their names, so after this many missing files the rest has not arrived
 * either. Where several runs share a folder, the final pass finds the files of the later runs.
 */
const maxMissing = 3;

interface Folder {
  readonly path: string;
  readonly pending: Set<Upload>;
  lastMtimeNs: bigint;
}

/**
 * Verifies files in an inbox and stores them as objects while rsync still transfers the rest. rsync gives a file its
 * final name when it is complete, and writes to no file that has its final name. The commit checks that each object is
 * still the file that was verified.
 */
export class InboxVerifier {
  readonly #stored: Map<string, FileStamp>;
  readonly #inbox: string;
  readonly #uploads: readonly Upload[];
  readonly #objects: ObjectStore;
  readonly #stop = new AbortController();
  /** Aborted when all runs have succeeded. The files of a run that starts later are left to the commit. */
  readonly #runsDone = new AbortController();
  #verifying: Promise<void> | undefined;
  #runs = 0;
  #sliceStarted = 0;

  constructor(
    inbox: string,
    uploads: readonly Upload[],
    objects: ObjectStore,
    stored: ReadonlyMap<string, FileStamp> = new Map(),
  ) {
    this.#stored = new Map(stored);
    this.#inbox = inbox;
    this.#uploads = uploads;
    this.#objects = objects;
  }

  runStarted(): void {
    this.#runs++;
    // An error here would also fail the commit, which can report it.
    this.#verifying ??= this.#verify().catch(() => undefined);
  }

  runEnded(succeeded: boolean): void {
    if (!succeeded) this.#stop.abort();
    else if (--this.#runs === 0) this.#runsDone.abort();
  }

  /** The stamps of stored objects by hash. When all runs have succeeded, it waits for the final pass. */
  async finish(): Promise<ReadonlyMap<string, FileStamp>> {
    if (!this.#runsDone.signal.aborted) this.#stop.abort();
    await this.#verifying;
    return this.#stored;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#verifying;
  }

  /** The final pass uses the time that the client needs to notice the end of its runs and to request the commit. */
  async #verify(): Promise<void> {
    const wake = AbortSignal.any([this.#stop.signal, this.#runsDone.signal]);
    const folders = await this.#uploadFolders();
    for (;;) {
      await delay(passIntervalMs, undefined, { signal: wake, ref: false }).catch(() => undefined);
      const isFinal = this.#runsDone.signal.aborted;
      this.#sliceStarted = performance.now();
      const inboxFolders = new InboxFolders(this.#inbox);
      for (const folder of folders) {
        await this.#yieldAfterSlice();
        if (this.#stop.signal.aborted) return;
        if (folder.pending.size > 0) await this.#verifyFolder(folder, inboxFolders, isFinal);
      }
      if (isFinal) return;
    }
  }

  async #uploadFolders(): Promise<Folder[]> {
    const byFolder = new Map<string, Upload[]>();
    await inSlices(this.#uploads, (upload) => {
      const path = parentOf(`${this.#inbox}/${upload.path}`);
      const files = byFolder.get(path);
      if (files === undefined) byFolder.set(path, [upload]);
      else files.push(upload);
    });
    return Array.from(byFolder, ([path, files]) => {
      files.sort((a, b) => (a.path < b.path ? -1 : 1));
      return { path, pending: new Set(files), lastMtimeNs: -1n };
    });
  }

  async #verifyFolder(folder: Folder, inboxFolders: InboxFolders, isFinal: boolean): Promise<void> {
    const mtimeNs = statSync(folder.path, { bigint: true, throwIfNoEntry: false })?.mtimeNs;
    if (mtimeNs === undefined || (mtimeNs === folder.lastMtimeNs && !isFinal)) return;
    if (!inboxFolders.isSymlinkFree(folder.path)) return;
    folder.lastMtimeNs = mtimeNs;
    let missing = 0;
    for (const upload of folder.pending) {
      const result = await this.#objects.tryStoreEarly(`${this.#inbox}/${upload.path}`, upload);
      if (result !== 'incomplete') {
        if (result !== 'deferred') this.#stored.set(upload.hash, result);
        folder.pending.delete(upload);
        missing = 0;
      } else if (++missing > maxMissing && !isFinal) return;
      await this.#yieldAfterSlice();
      if (this.#stop.signal.aborted) return;
    }
  }

  async #yieldAfterSlice(): Promise<void> {
    if (performance.now() - this.#sliceStarted < sliceMs) return;
    await nextTurn();
    this.#sliceStarted = performance.now();
  }
}
