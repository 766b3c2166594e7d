import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Observation } from '../../core/observation';
import { PalmtreeError } from '../../errors';
import { packObservations, unpackObservations, type Packed } from '../entries/packedEntries';
import type { Scanner, ScanRequest, ScanResult } from './scannerPort';
import { errorOf } from '../threads/threadFailure';
import type { FromScanWorker, ScanWorkerData, ToScanWorker } from './scanMessages';
import { threadLimits } from '../threads/threadLimits';
import { yielder } from '../threads/yielding';

export interface WorkerScannerOptions {
  /** The bundled scan worker. */
  readonly script: string;
  readonly root: string;
  /** A folder for the probe of the file system's clock; the root takes its place on another device. */
  readonly storage?: string;
  /** Whether the file system keeps permission bits; by default, all but Windows do. */
  readonly honoursModes?: boolean;
  /** All that is known: it is told again to a thread that takes the place of one that died. */
  readonly all: () => Iterable<Observation>;
}

/** What is told at once: it takes a few milliseconds to pack. */
const partSize = 5_000;

interface ToLearn {
  readonly seen: readonly Observation[];
  readonly gone: readonly string[];
}

interface Running {
  readonly request: ScanRequest;
  /** What was seen so far. */
  readonly seen: Packed[];
  readonly resolve: (result: Promise<ScanResult>) => void;
  readonly reject: (error: PalmtreeError) => void;
  /** Takes back the listener on the request's signal. */
  readonly finish: () => void;
}

/**
 * Scans in a thread of its own, which keeps what is known, so that only differences cross over. Scans that
 * are asked for together run one after the other. A thread that dies fails the scans that it had, and the
 * next one starts another.
 */
export class WorkerScanner implements Scanner {
  readonly #options: WorkerScannerOptions;
  readonly #running = new Map<number, Running>();
  /** What the thread has not been told yet. */
  #untold: ToLearn[] = [];
  #telling: Promise<void> = Promise.resolve();
  #worker: Worker | undefined;
  #nextId = 1;
  /** A thread that takes its place knows nothing. */
  #hasDied = false;
  #disposed = false;

  constructor(options: WorkerScannerOptions) {
    this.#options = options;
  }

  update(seen: Iterable<Observation>, gone: Iterable<string>): void {
    const told: ToLearn = { seen: [...seen], gone: [...gone] };
    if (told.seen.length + told.gone.length === 0 || this.#disposed) return;
    this.#untold.push(told);
    this.#worker ??= this.#start();
    this.#telling = this.#telling.then(() => this.#tell());
  }

  /** Tells what is known as the store has it, which the thread shares then. */
  learnPacked(parts: readonly Packed[]): void {
    this.#worker ??= this.#start();
    for (const seen of parts) this.#post({ kind: 'learn', seen, gone: [] });
  }

  reset(all: Iterable<Observation>): void {
    this.#untold = [];
    this.#post({ kind: 'forget' });
    this.update(all, []);
  }

  scan(request: ScanRequest): Promise<ScanResult> {
    return new Promise((resolve, reject) => {
      if (this.#disposed) return reject(new PalmtreeError('cancelled', 'the scanner is closed'));
      const { scope, only, verify, signal } = request;
      const id = this.#nextId++;
      const stop = new SharedArrayBuffer(4);
      const onAbort = (): void => void Atomics.store(new Int32Array(stop), 0, 1);
      if (signal?.aborted === true) onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      const finish = (): void => signal?.removeEventListener('abort', onAbort);
      this.#running.set(id, { request, seen: [], resolve, reject, finish });
      this.#worker ??= this.#start();
      this.#worker.ref();
      const carried = {
        scope,
        ...(only === undefined ? {} : { only }),
        ...(verify === undefined ? {} : { verify }),
      };
      this.#telling = this.#telling.then(async () => {
        await this.#tell();
        if (this.#running.has(id)) this.#post({ kind: 'scan', id, request: carried, stop });
      });
    });
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    const worker = this.#worker;
    this.#worker = undefined;
    this.#failAll(new PalmtreeError('cancelled', 'the scanner is closed'));
    await worker?.terminate();
  }

  #start(): Worker {
    if (this.#hasDied) this.#untold.unshift({ seen: [...this.#options.all()], gone: [] });
    const { script, root, storage, honoursModes } = this.#options;
    const workerData: ScanWorkerData = { root, storage, honoursModes, script };
    const worker = new Worker(script, { workerData, name: 'palmtree scan', resourceLimits: threadLimits });
    worker.on('message', (message: FromScanWorker) => this.#receive(message));
    worker.on('error', (error) => this.#onEnd(worker, error));
    worker.on('exit', (code) => this.#onEnd(worker, new Error(`the scan worker ended with code ${code}`)));
    // An idle thread keeps no process alive.
    worker.unref();
    return worker;
  }

  /** Tells the thread what it does not know yet, in parts between which others have their turn. */
  async #tell(): Promise<void> {
    while (this.#worker !== undefined) {
      const told = this.#untold.shift();
      if (told === undefined) return;
      const { seen, gone } = told;
      const part = packObservations(seen.slice(0, partSize));
      this.#post({ kind: 'learn', seen: part, gone });
      if (seen.length <= partSize) continue;
      this.#untold.unshift({ seen: seen.slice(partSize), gone: [] });
      await nextTurn();
    }
  }

  #post(message: ToScanWorker): void {
    this.#worker?.postMessage(message);
  }

  #receive(message: FromScanWorker): void {
    const running = this.#running.get(message.id);
    if (running === undefined) return;
    if (message.kind === 'progress') {
      running.request.onProgress?.(message.progress);
      return;
    }
    if (message.kind === 'seen') {
      running.seen.push(message.seen);
      return;
    }
    this.#end(message.id, running);
    if (message.kind === 'done') running.resolve(whole(message.result, running.seen));
    else running.reject(errorOf(message));
  }

  #onEnd(worker: Worker, cause: unknown): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    this.#hasDied = true;
    this.#untold = [];
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#failAll(
      new PalmtreeError('scan_failed', `the scan worker failed: ${reason}`, { details: { stderr: reason }, cause }),
    );
  }

  #failAll(error: PalmtreeError): void {
    for (const [id, running] of this.#running) {
      this.#end(id, running);
      running.reject(error);
    }
  }

  #end(id: number, running: Running): void {
    running.finish();
    this.#running.delete(id);
    if (this.#running.size === 0) this.#worker?.unref();
  }
}

/** The parts come faster than they can be taken in: others have their turn between them. */
async function whole(result: Omit<ScanResult, 'changed'>, parts: readonly Packed[]): Promise<ScanResult> {
  const pause = yielder();
  const changed: Observation[] = [];
  for (const part of parts) {
    for (const observation of unpackObservations(part)) changed.push(observation);
    await pause();
  }
  return { ...result, changed };
}
