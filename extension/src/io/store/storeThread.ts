import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { PalmtreeError } from '../../errors';
import type { ContentStamp } from '../fs/fileStamp';
import type { FromStoreWorker, StoreContent, StoreWorkerData, StoreWrite, ToStoreWorker } from './storeMessages';
import { errorOf } from '../threads/threadFailure';
import { threadLimits } from '../threads/threadLimits';

/** After a write, the thread keeps the database open for the next one for as long as this, in milliseconds. */
const idleMs = 10_000;

const compiled = new Map<string, Promise<WebAssembly.Module>>();

/** SQLite for all store threads of this process, from the path of sql.js's sql-wasm.wasm. */
export function compiledSqlite(wasm: string): Promise<WebAssembly.Module> {
  let compiling = compiled.get(wasm);
  if (compiling === undefined) {
    compiling = readFile(wasm).then((bytes) => WebAssembly.compile(bytes));
    compiled.set(wasm, compiling);
    // It may be there the next time.
    compiling.catch(() => compiled.delete(wasm));
  }
  return compiling;
}

interface PendingRequest {
  readonly resolve: (answer: FromStoreWorker) => void;
  readonly reject: (error: PalmtreeError) => void;
}

/**
 * Reads and writes the store's file in a thread of its own: SQLite works without pauses, over all of a file of some
 * megabytes. The thread ends when it is not needed, and its memory goes with it.
 */
export class StoreThread {
  readonly #script: string;
  readonly #data: StoreWorkerData;
  /** Those that wait for an answer, in the order in which the thread gives them. */
  readonly #pending: PendingRequest[] = [];
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(script: string, data: StoreWorkerData) {
    this.#script = script;
    this.#data = data;
  }

  /** Throws store_newer, store_failed, and anything else when the file is damaged. */
  async read(): Promise<StoreContent> {
    const answer = await this.#ask({ kind: 'read' });
    this.#endAfter(0);
    if (answer.kind === 'read') return answer;
    throw answer.kind === 'damaged' ? new TypeError(answer.message) : unexpected(answer);
  }

  /** Resolves when it is durable. Throws store_failed or disk_full, and then the file is as it was. */
  async write(write: StoreWrite): Promise<ContentStamp> {
    const answer = await this.#ask({ kind: 'write', ...write });
    this.#endAfter(idleMs);
    if (answer.kind === 'written') return answer.identity;
    throw unexpected(answer);
  }

  #ask(message: ToStoreWorker): Promise<FromStoreWorker> {
    clearTimeout(this.#idle);
    return new Promise((resolve, reject) => {
      this.#worker ??= this.#start();
      this.#worker.ref();
      this.#worker.postMessage(message);
      this.#pending.push({ resolve, reject });
    });
  }

  #start(): Worker {
    let worker: Worker;
    try {
      worker = this.#newWorker();
    } catch (cause) {
      throw new PalmtreeError('store_failed', `the system gives no thread for the store: ${String(cause)}`, { cause });
    }
    worker.on('message', (answer: FromStoreWorker) => this.#pending.shift()?.resolve(answer));
    worker.on('error', (error) => this.#onEnd(worker, error));
    worker.on('exit', (code) => this.#onEnd(worker, new Error(`it ended with code ${code}`)));
    return worker;
  }

  #newWorker(): Worker {
    return new Worker(this.#script, {
      workerData: this.#data,
      name: 'palmtree store',
      resourceLimits: threadLimits,
    });
  }

  #onEnd(worker: Worker, cause: unknown): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    for (const { reject } of this.#pending.splice(0)) {
      const message = `the thread that keeps the store failed: ${reason}`;
      reject(new PalmtreeError('store_failed', message, { details: { stderr: reason }, cause }));
    }
  }

  #endAfter(delayMs: number): void {
    clearTimeout(this.#idle);
    if (this.#pending.length > 0) return;
    const worker = this.#worker;
    const end = (): void => {
      if (worker !== this.#worker || this.#pending.length > 0) return;
      this.#worker = undefined;
      void worker?.terminate();
    };
    if (delayMs === 0) return end();
    // An idle thread keeps no process alive.
    worker?.unref();
    this.#idle = setTimeout(end, delayMs).unref();
  }
}

function unexpected(answer: FromStoreWorker): PalmtreeError {
  if (answer.kind === 'failed') return errorOf(answer);
  return new PalmtreeError('store_failed', answer.kind === 'damaged' ? answer.message : 'another answer was expected');
}
