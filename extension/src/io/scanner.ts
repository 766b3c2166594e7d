import { Worker } from 'node:worker_threads';
import type { Observation } from '../engine/observation';
import { PalmtreeError } from '../errors';
import type { Scanner, ScanRequest, ScanResult } from './ports';
import type { FromScanWorker, ScanWorkerData, ToScanWorker } from './scanMessages';

export interface WorkerScannerOptions {
  /** The bundled scan worker. */
  readonly script: string;
  readonly root: string;
  /** A folder for the probe of the file system's clock; the root takes its place on another device. */
  readonly storage?: string;
  /** Whether the file system keeps permission bits; by default, all but Windows do. */
  readonly honoursModes?: boolean;
}

interface Running {
  readonly request: ScanRequest;
  readonly resolve: (result: ScanResult) => void;
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
  readonly #known = new Map<string, Observation>();
  readonly #running = new Map<number, Running>();
  #worker: Worker | undefined;
  #nextId = 1;
  #disposed = false;

  constructor(options: WorkerScannerOptions) {
    this.#options = options;
  }

  learn(seen: Iterable<Observation>, gone: Iterable<string>): void {
    const message = { kind: 'learn', seen: [...seen], gone: [...gone] } as const;
    this.#note(message.seen, message.gone);
    if (this.#worker !== undefined) this.#post(message);
  }

  relearn(all: Iterable<Observation>): void {
    this.#known.clear();
    if (this.#worker !== undefined) this.#post({ kind: 'forget' });
    this.learn(all, []);
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
      this.#running.set(id, { request, resolve, reject, finish });
      this.#worker ??= this.#start();
      const carried = { scope, ...(only === undefined ? {} : { only }), ...(verify === undefined ? {} : { verify }) };
      this.#post({ kind: 'scan', id, request: carried, stop });
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
    const { script, root, storage, honoursModes } = this.#options;
    const workerData: ScanWorkerData = { root, storage, honoursModes };
    const worker = new Worker(script, { workerData, name: 'palmtree scan' });
    worker.on('message', (message: FromScanWorker) => this.#receive(message));
    worker.on('error', (error) => this.#onEnd(worker, error));
    worker.on('exit', (code) => this.#onEnd(worker, new Error(`the scan worker ended with code ${code}`)));
    worker.postMessage({ kind: 'learn', seen: [...this.#known.values()], gone: [] } satisfies ToScanWorker);
    // An idle thread keeps no process alive.
    worker.unref();
    return worker;
  }

  #post(message: ToScanWorker): void {
    if (message.kind === 'scan') this.#worker?.ref();
    this.#worker?.postMessage(message);
  }

  #receive(message: FromScanWorker): void {
    const running = this.#running.get(message.id);
    if (running === undefined) return;
    if (message.kind === 'progress') {
      running.request.onProgress?.(message.progress);
      return;
    }
    this.#end(message.id, running);
    if (message.kind === 'done') {
      this.#note(message.result.seen, message.result.gone);
      running.resolve(message.result);
    } else {
      const { code, subject } = message;
      const details = subject === undefined ? {} : { subject };
      running.reject(new PalmtreeError(code, message.message, { details }));
    }
  }

  #note(seen: readonly Observation[], gone: readonly string[]): void {
    for (const path of gone) this.#known.delete(path);
    for (const observation of seen) this.#known.set(observation.path, observation);
  }

  #onEnd(worker: Worker, cause: unknown): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#failAll(new PalmtreeError('scan_failed', `the scan worker failed: ${reason}`, { cause }));
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
