import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { parentOf } from '../../core/paths';
import type { Observation } from '../../core/observation';
import { Selection } from '../../core/tracking/selection';
import { recordOfRead, recordsOf, type FolderRecord } from './folderRecord';
import type { ScanScope } from './scannerPort';
import { checkRecords } from './recordChecker';
import type { ReadFolder } from './scan';
import { errorOf } from '../threads/threadFailure';
import type { FromRecordChecker, RecordCheckerData, ToRecordChecker } from './scanMessages';
import { threadLimits } from '../threads/threadLimits';

/** With fewer files, a thread takes longer to start than to help. */
const worthHelp = 3_000;
const mostThreads = 4;

interface RecordsOptions {
  readonly root: string;
  readonly honoursModes: boolean;
  /** The worker's own script. */
  readonly script: string;
}

/**
 * The records of the folders that were looked at under one scope, and the threads that check them: most passes find
 * most folders as they were, and need not ask of each file in them what is known of it.
 */
export class FolderRecords {
  readonly #options: RecordsOptions;
  #scope = '';
  readonly #shares: CheckerShard[];

  constructor(options: RecordsOptions) {
    this.#options = options;
    const threads = Math.min(availableParallelism(), mostThreads);
    this.#shares = Array.from({ length: threads }, () => new CheckerShard());
  }

  /** The records of the folders that still hold all that was in them. Throws cancelled. */
  async unchanged(
    scope: ScanScope,
    known: ReadonlyMap<string, Observation>,
    stop: SharedArrayBuffer,
    onFiles: (files: number) => void,
  ): Promise<ReadonlyMap<string, FolderRecord>> {
    this.#follow(scope, known);
    const [own, ...others] = this.#shares;
    const answers = Promise.allSettled(others.map((share) => share.checkElsewhere(this.#options, stop)));
    let files = 0;
    const changed: string[] = [];
    try {
      const onFolder = (count: number): void => onFiles((files += count));
      if (own !== undefined) changed.push(...checkRecords(own.records, this.#options, onFolder));
    } finally {
      // Invariant: no thread still owes an answer when the next check begins, which would take it for its own.
      await answers;
    }
    for (const answer of await answers) {
      if (answer.status === 'rejected') throw answer.reason;
      changed.push(...answer.value);
    }
    const unchanged = new Map(this.#shares.flatMap(({ records }) => [...records]));
    for (const folder of changed) unchanged.delete(folder);
    return unchanged;
  }

  /** Takes in what a pass has read, and what is known since. `isOdd`: has to be read the next time as well. */
  note(read: readonly ReadFolder[], known: ReadonlyMap<string, Observation>, isOdd: (folder: string) => boolean): void {
    for (const { folder, entries, isLookedInto } of read) {
      const record = isOdd(folder) ? undefined : recordOfRead(folder, entries, known, isLookedInto);
      if (record === undefined) this.#forget(folder);
      else this.#put(folder, record);
    }
  }

  /** Something at these paths was learnt otherwise. */
  forgetAt(paths: Iterable<string>): void {
    // All are made anew.
    if (this.#scope === '') return;
    for (const path of paths) this.#forget(parentOf(path) ?? '');
  }

  forgetAll(): void {
    this.#scope = '';
  }

  #follow(scope: ScanScope, known: ReadonlyMap<string, Observation>): void {
    const key = JSON.stringify(scope);
    if (key === this.#scope) return;
    this.#scope = key;
    for (const share of this.#shares) share.clear();
    const selection = new Selection(scope);
    const records = recordsOf(known, (path) => selection.includes(path));
    for (const [folder, record] of records) this.#put(folder, record);
  }

  #put(folder: string, record: FolderRecord): void {
    const total = this.#shares.reduce((files, share) => files + share.files, 0);
    const [own] = this.#shares;
    const least = this.#shares.reduce((a, b) => (b.files < a.files ? b : a));
    const share = this.#shares.find(({ records }) => records.has(folder)) ?? (total < worthHelp ? own : least);
    share?.put(folder, record);
  }

  #forget(folder: string): void {
    for (const share of this.#shares) share.remove(folder);
  }
}

/** What one thread checks. */
class CheckerShard {
  readonly records = new Map<string, FolderRecord>();
  files = 0;
  /** What the thread does not know yet. */
  readonly #put = new Set<string>();
  readonly #removed = new Set<string>();
  #worker: Worker | undefined;

  put(folder: string, record: FolderRecord): void {
    this.files += record.files.length - (this.records.get(folder)?.files.length ?? 0);
    this.records.set(folder, record);
    this.#put.add(folder);
  }

  remove(folder: string): void {
    const record = this.records.get(folder);
    if (record === undefined) return;
    this.files -= record.files.length;
    this.records.delete(folder);
    this.#put.delete(folder);
    this.#removed.add(folder);
  }

  clear(): void {
    for (const folder of [...this.records.keys()]) this.remove(folder);
  }

  /** Answers the folders that changed: all of them, where the thread cannot tell. Throws cancelled. */
  async checkElsewhere(options: RecordsOptions, stop: SharedArrayBuffer): Promise<string[]> {
    if (this.records.size === 0 && this.#worker === undefined) return [];
    const worker = this.#thread(options);
    if (worker === undefined) return [...this.records.keys()];
    const put = [...this.#put].flatMap((folder): [string, FolderRecord][] => {
      const record = this.records.get(folder);
      return record === undefined ? [] : [[folder, record]];
    });
    const message: ToRecordChecker = { put, removed: [...this.#removed], stop };
    this.#put.clear();
    this.#removed.clear();
    const answer = await answerOf(worker, message);
    if (answer?.kind === 'failed') throw errorOf(answer);
    return answer === undefined ? [...this.records.keys()] : [...answer.changed];
  }

  /** Undefined where the system gives no thread. */
  #thread({ root, honoursModes, script }: RecordsOptions): Worker | undefined {
    if (this.#worker !== undefined) return this.#worker;
    const workerData: RecordCheckerData = { checks: true, root, honoursModes };
    try {
      this.#worker = new Worker(script, { workerData, name: 'palmtree scan check', resourceLimits: threadLimits });
    } catch {
      return undefined;
    }
    // One that nobody listened to would end this thread too.
    this.#worker.on('error', () => undefined);
    this.#worker.once('exit', () => {
      this.#worker = undefined;
      // The next one knows nothing.
      for (const folder of this.records.keys()) this.#put.add(folder);
    });
    return this.#worker;
  }
}

/** Undefined when the thread ends instead. */
async function answerOf(worker: Worker, message: ToRecordChecker): Promise<FromRecordChecker | undefined> {
  const { promise, resolve } = Promise.withResolvers<FromRecordChecker | undefined>();
  const onEnd = (): void => resolve(undefined);
  worker.once('message', resolve).once('error', onEnd).once('exit', onEnd);
  worker.postMessage(message);
  try {
    return await promise;
  } finally {
    worker.off('message', resolve).off('error', onEnd).off('exit', onEnd);
  }
}
