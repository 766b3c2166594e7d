import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Observation } from '../../core/observation';
import { PalmtreeError } from '../../errors';
import { packObservations, unpackObservations, type Packed } from '../entries/packedEntries';
import { errorOf } from '../threads/threadFailure';
import { threadLimits } from '../threads/threadLimits';
import { yielder } from '../threads/yielding';
import type { FromScanWorker, ScanWorkerData, ToScanWorker } from './scanMessages';
import type { DiskTraits, Scanner, ScanRequest, ScanResult } from './scannerPort';

export interface WorkerScannerOptions {
  /** The bundled scan worker. */
  readonly script: string;
  readonly root: string;
  /** A folder for the probe of the file system's clock. If it is on another device, `root` is used. */
  readonly storage?: string;
  /** The absolute paths of Palmtree's own folders, which are never synced. */
  readonly ownFolders?: readonly string[];
  /** All known observations, for the thread that replaces one that died. */
  readonly known: () => Iterable<Observation>;
}

/** The time, in milliseconds, for the thread to end work that was cancelled. */
const abandonMs = 1_000;
/** Observations in one message, which take a few milliseconds to pack. */
const observationsPerMessage = 5_000;

interface Update {
  readonly observations: readonly Observation[];
  readonly removed: readonly string[];
}

interface RunningScan {
  readonly request: ScanRequest;
  /** The changed observations that have arrived so far. */
  readonly changed: Packed[];
  readonly resolve: (result: Promise<ScanResult>) => void;
  readonly reject: (error: PalmtreeError) => void;
  /** Removes the listener from the request's signal. */
  readonly finish: () => void;
}

/**
 * Scans in a worker thread, which keeps the known observations, so that only differences are sent. Scans run one after
 * the other. If the thread dies, its scans fail and the next one starts a new thread.
 */
export class WorkerScanner implements Scanner {
  readonly #options: WorkerScannerOptions;
  readonly #running = new Map<number, RunningScan>();
  readonly #probes = new Map<number, PromiseWithResolvers<DiskTraits>>();
  /** Updates that the thread does not have yet. */
  #unsent: Update[] = [];
  #sending: Promise<void> = Promise.resolve();
  #worker: Worker | undefined;
  #nextId = 1;
  /** Whether a thread died, so that the next one has to get all known observations. */
  #hasDied = false;
  #disposed = false;

  constructor(options: WorkerScannerOptions) {
    this.#options = options;
  }

  update(observations: Iterable<Observation>, removed: Iterable<string>): void {
    const update: Update = { observations: [...observations], removed: [...removed] };
    if (update.observations.length + update.removed.length === 0 || this.#disposed) return;
    this.#unsent.push(update);
    this.#worker ??= this.#start();
    this.#sending = this.#sending.then(() => this.#sendUpdates());
  }

  /** Adds known observations that the store has packed. The thread shares their memory. */
  updatePacked(parts: readonly Packed[]): void {
    this.#worker ??= this.#start();
    for (const observations of parts) this.#post({ kind: 'update', observations, removed: [] });
  }

  reset(observations: Iterable<Observation>): void {
    this.#unsent = [];
    this.#post({ kind: 'clear' });
    this.update(observations, []);
  }

  probe(signal?: AbortSignal): Promise<DiskTraits> {
    const probe = Promise.withResolvers<DiskTraits>();
    if (this.#disposed) probe.reject(new PalmtreeError('cancelled', 'the scanner is closed'));
    else {
      const id = this.#nextId++;
      this.#probes.set(id, probe);
      this.#worker ??= this.#start();
      this.#worker.ref();
      this.#post({ kind: 'probe', id });
      const onAbort = (): void => this.#abandonLater(id);
      signal?.addEventListener('abort', onAbort, { once: true });
      const finish = (): void => signal?.removeEventListener('abort', onAbort);
      probe.promise.then(finish, finish);
    }
    return probe.promise;
  }

  scan(request: ScanRequest): Promise<ScanResult> {
    return new Promise((resolve, reject) => {
      if (this.#disposed) return reject(new PalmtreeError('cancelled', 'the scanner is closed'));
      const { scope, only, verify, mounts, honorsModes = process.platform !== 'win32', probesMounts, signal } = request;
      const id = this.#nextId++;
      const stop = new SharedArrayBuffer(4);
      const onAbort = (): void => {
        Atomics.store(new Int32Array(stop), 0, 1);
        this.#abandonLater(id);
      };
      if (signal?.aborted === true) onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      const finish = (): void => signal?.removeEventListener('abort', onAbort);
      this.#running.set(id, { request, changed: [], resolve, reject, finish });
      this.#worker ??= this.#start();
      this.#worker.ref();
      const sentRequest = {
        scope,
        honorsModes,
        ...(only === undefined ? {} : { only }),
        ...(verify === undefined ? {} : { verify }),
        ...(mounts === undefined ? {} : { mounts }),
        ...(probesMounts === undefined ? {} : { probesMounts }),
      };
      this.#sending = this.#sending.then(async () => {
        await this.#sendUpdates();
        if (this.#running.has(id)) this.#post({ kind: 'scan', id, request: sentRequest, stop });
      });
    });
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    const worker = this.#worker;
    this.#worker = undefined;
    this.#failAll(new PalmtreeError('cancelled', 'the scanner is closed'));
    // A thread that waits for the disk ends only when that responds.
    const stop = new AbortController();
    const limit = delay(abandonMs, undefined, { signal: stop.signal }).catch(() => undefined);
    await Promise.race([worker?.terminate(), limit]);
    stop.abort();
  }

  /** Leaves the thread to itself unless it ends the cancelled work soon: it waits for the disk. */
  #abandonLater(id: number): void {
    const worker = this.#worker;
    const timer = setTimeout(() => {
      if (worker === undefined || worker !== this.#worker || !(this.#running.has(id) || this.#probes.has(id))) return;
      this.#worker = undefined;
      this.#hasDied = true;
      this.#unsent = [];
      worker.unref();
      void worker.terminate();
      this.#failAll(new PalmtreeError('cancelled', 'the disk does not respond'));
    }, abandonMs);
    timer.unref();
  }

  #start(): Worker {
    if (this.#hasDied) this.#unsent.unshift({ observations: [...this.#options.known()], removed: [] });
    const { script, root, storage, ownFolders = [] } = this.#options;
    const workerData: ScanWorkerData = { role: 'worker', root, storage, ownFolders, script };
    const worker = new Worker(script, { workerData, name: 'palmtree scan', resourceLimits: threadLimits });
    worker.on('message', (message: FromScanWorker) => this.#receive(message));
    worker.on('error', (error) => this.#onEnd(worker, error));
    worker.on('exit', (code) => this.#onEnd(worker, new Error(`the scan worker ended with code ${code}`)));
    // An idle thread must not keep the process alive.
    worker.unref();
    return worker;
  }

  /** Sends the updates in parts, and yields between them. */
  async #sendUpdates(): Promise<void> {
    while (this.#worker !== undefined) {
      const update = this.#unsent.shift();
      if (update === undefined) return;
      const { observations, removed } = update;
      const packed = packObservations(observations.slice(0, observationsPerMessage));
      this.#post({ kind: 'update', observations: packed, removed });
      if (observations.length <= observationsPerMessage) continue;
      this.#unsent.unshift({ observations: observations.slice(observationsPerMessage), removed: [] });
      await nextTurn();
    }
  }

  #post(message: ToScanWorker): void {
    this.#worker?.postMessage(message);
  }

  #receive(message: FromScanWorker): void {
    const probe = this.#probes.get(message.id);
    if (probe !== undefined) {
      this.#probes.delete(message.id);
      this.#unrefIfIdle();
      if (message.kind === 'probed') probe.resolve(message.traits);
      else if (message.kind === 'failed') probe.reject(errorOf(message));
      return;
    }
    const running = this.#running.get(message.id);
    if (running === undefined) return;
    if (message.kind === 'progress') {
      running.request.onProgress?.(message.progress);
      return;
    }
    if (message.kind === 'changed') {
      running.changed.push(message.observations);
      return;
    }
    this.#end(message.id, running);
    if (message.kind === 'done') running.resolve(withChanged(message.result, running.changed));
    else if (message.kind === 'failed') running.reject(errorOf(message));
  }

  #onEnd(worker: Worker, cause: unknown): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    this.#hasDied = true;
    this.#unsent = [];
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#failAll(
      new PalmtreeError('scan_failed', `the scan worker failed: ${reason}`, {
        cause,
        details: { reason },
      }),
    );
  }

  #failAll(error: PalmtreeError): void {
    for (const [id, running] of this.#running) {
      this.#end(id, running);
      running.reject(error);
    }
    for (const probe of this.#probes.values()) probe.reject(error);
    this.#probes.clear();
  }

  #end(id: number, running: RunningScan): void {
    running.finish();
    this.#running.delete(id);
    this.#unrefIfIdle();
  }

  #unrefIfIdle(): void {
    if (this.#running.size + this.#probes.size === 0) this.#worker?.unref();
  }
}

/** Adds the changed observations to a result. Yields between the parts, which can be many. */
async function withChanged(result: Omit<ScanResult, 'changed'>, parts: readonly Packed[]): Promise<ScanResult> {
  const pause = yielder();
  const changed: Observation[] = [];
  for (const part of parts) {
    for (const observation of unpackObservations(part)) changed.push(observation);
    await pause();
  }
  return { ...result, changed };
}
