import { statSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { inSlices } from '../concurrency/inSlices';
import type { ObjectStore } from '../objects/objectStore';
import type { FileStamp } from '../objects/fileStamp';
import type { Upload } from '../sessions/session';
import { InboxFolders } from './inboxFolders';

/** Between two looks. */
const pauseMs = 100;
/** After this time at work, rsync's bytes are moved on. */
const sliceMs = 5;
/**
 * rsync sends a folder's files in the order of their names: behind so many that are not there none is. Where several
 * runs share a folder, what the later ones bring is for the last look.
 */
const maxAbsent = 3;

interface Folder {
  readonly path: string;
  readonly waiting: Set<Upload>;
  seenMtimeNs: bigint;
}

/**
 * Verifies what has arrived in an inbox, and takes it into the object store, while rsync still brings the rest.
 * rsync gives a file its name when it is whole, and writes none that has its name. The commit asks of each
 * whether it is still what was read.
 */
export class InboxVerifier {
  readonly #taken = new Map<string, FileStamp>();
  readonly #inbox: string;
  readonly #uploads: readonly Upload[];
  readonly #objects: ObjectStore;
  readonly #stop = new AbortController();
  /** The runs have ended well. What another brings that begins after that is for the commit alone. */
  readonly #ended = new AbortController();
  #watching: Promise<void> | undefined;
  #runs = 0;
  #sliceStarted = 0;

  constructor(inbox: string, uploads: readonly Upload[], objects: ObjectStore) {
    this.#inbox = inbox;
    this.#uploads = uploads;
    this.#objects = objects;
  }

  runStarted(): void {
    this.#runs++;
    // What hinders it will hinder the commit too, which can tell.
    this.#watching ??= this.#watch().catch(() => undefined);
  }

  runEnded(succeeded: boolean): void {
    if (!succeeded) this.#stop.abort();
    else if (--this.#runs === 0) this.#ended.abort();
  }

  /** Answers the stamps of what was taken, by hash; when the runs have ended well, after the last look. */
  async finish(): Promise<ReadonlyMap<string, FileStamp>> {
    if (!this.#ended.signal.aborted) this.#stop.abort();
    await this.#watching;
    return this.#taken;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  /** Until all has come and was looked at: the client needs a while to hear of it and to ask for the commit. */
  async #watch(): Promise<void> {
    const waking = AbortSignal.any([this.#stop.signal, this.#ended.signal]);
    const folders = await this.#foldersOfUploads();
    for (;;) {
      await delay(pauseMs, undefined, { signal: waking, ref: false }).catch(() => undefined);
      const isLast = this.#ended.signal.aborted;
      this.#sliceStarted = performance.now();
      const real = new InboxFolders(this.#inbox);
      for (const folder of folders) {
        await this.#giveWay();
        if (this.#stop.signal.aborted) return;
        if (folder.waiting.size > 0) await this.#look(folder, real, isLast);
      }
      if (isLast) return;
    }
  }

  async #foldersOfUploads(): Promise<Folder[]> {
    const byFolder = new Map<string, Upload[]>();
    await inSlices(this.#uploads, (upload) => {
      const path = folderOf(`${this.#inbox}/${upload.path}`);
      const files = byFolder.get(path);
      if (files === undefined) byFolder.set(path, [upload]);
      else files.push(upload);
    });
    return Array.from(byFolder, ([path, files]) => {
      files.sort((a, b) => (a.path < b.path ? -1 : 1));
      return { path, waiting: new Set(files), seenMtimeNs: -1n };
    });
  }

  async #look(folder: Folder, real: InboxFolders, isLast: boolean): Promise<void> {
    const mtimeNs = statSync(folder.path, { bigint: true, throwIfNoEntry: false })?.mtimeNs;
    if (mtimeNs === undefined || (mtimeNs === folder.seenMtimeNs && !isLast) || !real.isLinkFree(folder.path)) return;
    folder.seenMtimeNs = mtimeNs;
    let absent = 0;
    for (const upload of folder.waiting) {
      const stamp = await this.#objects.tryStoreEarly(`${this.#inbox}/${upload.path}`, upload);
      if (stamp !== undefined) {
        if (stamp !== 'left') this.#taken.set(upload.hash, stamp);
        folder.waiting.delete(upload);
        absent = 0;
      } else if (++absent > maxAbsent && !isLast) return;
      await this.#giveWay();
      if (this.#stop.signal.aborted) return;
    }
  }

  async #giveWay(): Promise<void> {
    if (performance.now() - this.#sliceStarted < sliceMs) return;
    await nextTurn();
    this.#sliceStarted = performance.now();
  }
}

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf('/'));
}
