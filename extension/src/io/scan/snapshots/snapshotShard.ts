import { Worker } from 'node:worker_threads';
import { errorOf } from '../../threads/threadFailure';
import { threadLimits } from '../../threads/threadLimits';
import type { FolderSnapshot } from './folderSnapshot';
import type { FromSnapshotChecker, SnapshotCheckerData, ToSnapshotChecker } from '../scanMessages';

export interface SnapshotCheckOptions {
  readonly root: string;
  /** The bundled scan worker, which checker threads run. */
  readonly script: string;
}

/** The snapshots that one thread checks. */
export class SnapshotShard {
  readonly snapshots = new Map<string, FolderSnapshot>();
  /** The number of files in all snapshots. */
  files = 0;
  /** Folders whose snapshot the checker thread does not have yet. */
  readonly #unsent = new Set<string>();
  readonly #removed = new Set<string>();
  #worker: Worker | undefined;

  put(folder: string, snapshot: FolderSnapshot): void {
    this.files += snapshot.files.length - (this.snapshots.get(folder)?.files.length ?? 0);
    this.snapshots.set(folder, snapshot);
    this.#unsent.add(folder);
  }

  remove(folder: string): void {
    const snapshot = this.snapshots.get(folder);
    if (snapshot === undefined) return;
    this.files -= snapshot.files.length;
    this.snapshots.delete(folder);
    this.#unsent.delete(folder);
    this.#removed.add(folder);
  }

  clear(): void {
    for (const folder of [...this.snapshots.keys()]) this.remove(folder);
  }

  /**
   * Returns the folders that differ from their snapshot, checked by a thread. Returns all folders if the thread cannot
   * start or dies. Throws cancelled.
   */
  async findChanged(
    options: SnapshotCheckOptions,
    check: Pick<ToSnapshotChecker, 'honorsModes' | 'stop'>,
  ): Promise<string[]> {
    if (this.snapshots.size === 0 && this.#worker === undefined) return [];
    const worker = this.#startedWorker(options);
    if (worker === undefined) return [...this.snapshots.keys()];
    const put = [...this.#unsent].flatMap((folder): [string, FolderSnapshot][] => {
      const snapshot = this.snapshots.get(folder);
      return snapshot === undefined ? [] : [[folder, snapshot]];
    });
    const message: ToSnapshotChecker = { put, removed: [...this.#removed], ...check };
    this.#unsent.clear();
    this.#removed.clear();
    const response = await request(worker, message);
    if (response?.kind === 'failed') throw errorOf(response);
    return response === undefined ? [...this.snapshots.keys()] : [...response.changed];
  }

  /** Undefined if the system cannot start a thread. */
  #startedWorker({ root, script }: SnapshotCheckOptions): Worker | undefined {
    if (this.#worker !== undefined) return this.#worker;
    const workerData: SnapshotCheckerData = { role: 'checker', root };
    try {
      this.#worker = new Worker(script, { workerData, name: 'palmtree scan check', resourceLimits: threadLimits });
    } catch {
      return undefined;
    }
    // Without a listener, an error in that thread would end this one too.
    this.#worker.on('error', () => undefined);
    this.#worker.once('exit', () => {
      this.#worker = undefined;
      // The next thread starts without snapshots.
      for (const folder of this.snapshots.keys()) this.#unsent.add(folder);
    });
    return this.#worker;
  }
}

/** Sends a message and returns the response; undefined if the thread ends instead. */
async function request(worker: Worker, message: ToSnapshotChecker): Promise<FromSnapshotChecker | undefined> {
  const { promise, resolve } = Promise.withResolvers<FromSnapshotChecker | undefined>();
  const onEnd = (): void => resolve(undefined);
  worker.once('message', resolve).once('error', onEnd).once('exit', onEnd);
  worker.postMessage(message);
  try {
    return await promise;
  } finally {
    worker.off('message', resolve).off('error', onEnd).off('exit', onEnd);
  }
}
