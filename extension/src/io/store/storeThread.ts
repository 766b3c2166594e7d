import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { PalmtreeError } from '../../errors';
import type { ContentStamp } from '../fs/fileStamp';
import type { FromStoreWorker, StoreContent, StoreWorkerData, StoreWrite, ToStoreWorker } from './storeMessages';
import { errorOf } from '../threads/threadFailure';
import { threadLimits } from '../threads/threadLimits';

/** Milliseconds for which the thread waits for the next request. After a write it keeps the database open. */
const idleMs = 10_000;

const compiled = new Map<string, Promise<WebAssembly.Module>>();

/** Compiles sql.js's sql-wasm.wasm at `wasm`, once for all store threads of this process. */
export function compiledSqlite(wasm: string): Promise<WebAssembly.Module> {
  let compiling = compiled.get(wasm);
  if (compiling === undefined) {
    compiling = readFile(wasm).then((bytes) => WebAssembly.compile(bytes));
    compiled.set(wasm, compiling);
    // A later call tries again.
    compiling.catch(() => compiled.delete(wasm));
  }
  return compiling;
}

interface PendingRequest {
  readonly resolve: (response: FromStoreWorker) => void;
  readonly reject: (error: PalmtreeError) => void;
}

/**
 * Reads and writes the store's file in a worker thread, since SQLite would block this thread while it reads or writes
 * all of a file of several megabytes. The thread ends when it is idle, which frees its memory.
 */
export class StoreThread {
  readonly #script: string;
  readonly #data: StoreWorkerData;
  /** Requests without a response yet; the thread responds in their order. */
  readonly #pending: PendingRequest[] = [];
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(script: string, data: StoreWorkerData) {
    this.#script = script;
    this.#data = data;
  }

  /** Throws store_newer or store_failed, and TypeError if the file is damaged. */
  async read(): Promise<StoreContent> {
    const response = await this.#request({ kind: 'read' });
    this.#endAfter(idleMs);
    if (response.kind === 'read') return response;
    throw response.kind === 'damaged' ? new TypeError(response.message) : unexpected(response);
  }

  /** Resolves when the file is durable. Throws store_failed, disk_full or read_only; the file is the old or the new one. */
  async write(write: StoreWrite): Promise<ContentStamp> {
    const response = await this.#request({ kind: 'write', ...write });
    this.#endAfter(idleMs);
    if (response.kind === 'written') return response.stamp;
    throw unexpected(response);
  }

  /** Ends the thread unless it is at work. A later request starts another. */
  end(): void {
    this.#endAfter(0);
  }

  #request(message: ToStoreWorker): Promise<FromStoreWorker> {
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
      throw new PalmtreeError('store_failed', `no thread could be started for the store: ${String(cause)}`, { cause });
    }
    worker.on('message', (response: FromStoreWorker) => this.#pending.shift()?.resolve(response));
    worker.on('error', (error) => this.#onEnd(worker, error));
    worker.on('exit', (code) => this.#onEnd(worker, new Error(`it exited with code ${code}`)));
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
      const message = `the store's thread failed: ${reason}`;
      reject(new PalmtreeError('store_failed', message, { details: { reason }, cause }));
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
    // An idle thread must not keep the process alive.
    worker?.unref();
    this.#idle = setTimeout(end, delayMs).unref();
  }
}

function unexpected(response: FromStoreWorker): PalmtreeError {
  if (response.kind === 'failed') return errorOf(response);
  return new PalmtreeError('store_failed', response.kind === 'damaged' ? response.message : 'unexpected response');
}
