import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { withMode, withRacy, type Observation } from '../../../core/observation';
import { unpackObservations } from '../../entries/packedEntries';
import { errorOf } from '../../threads/threadFailure';
import { threadLimits } from '../../threads/threadLimits';
import { modeWithoutModes, type InspectOptions } from './inspect';
import { sameObservation, type BatchResult } from './inspectBatch';
import { batchSize, type InspectionQueue } from './inspectionQueue';
import type { FromScanHelper, ScanHelperData, ToScanHelper } from '../scanMessages';

/** With fewer queued files, a thread takes longer to start than it saves. */
const minQueuedFiles = 3_000;
/** Batches that a helper has at a time: enough to keep it busy until it gets the next ones. */
const batchesAhead = 4;
const maxHelpers = 3;

export interface HelperTeamDeps {
  readonly known: ReadonlyMap<string, Observation>;
  readonly queue: InspectionQueue;
  readonly inspectOptions: InspectOptions;
  /** Records the result of an inspection of `paths`. */
  readonly record: (paths: readonly string[], result: BatchResult) => void;
  readonly onHashed: (bytes: number) => void;
  /** The bundled scan worker, which helper threads run. */
  readonly script: string;
  readonly stop: SharedArrayBuffer;
}

/** Threads that inspect queued files for one scan. They start when enough files are queued. */
export class HelperTeam {
  readonly #deps: HelperTeamDeps;
  readonly #helpers = new Set<Helper>();
  /** Batches that this thread inspects: trusted files, and the batches of helpers that died. */
  readonly #ownBatches: (readonly string[])[] = [];
  #hasStarted = false;
  #failure: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(deps: HelperTeamDeps) {
    this.#deps = deps;
  }

  /** Whether a batch apart from the queue is unfinished. */
  get isBusy(): boolean {
    return this.#ownBatches.length > 0 || [...this.#helpers].some((helper) => helper.batches.length > 0);
  }

  /** Assigns queued batches to each helper that has capacity for more. */
  assign(): void {
    const { queue } = this.#deps;
    if (!this.#hasStarted && queue.length >= minQueuedFiles) this.#start();
    for (const helper of this.#helpers) {
      // The last batches stay with this thread, which would otherwise wait for the helpers without work of its own.
      while (helper.hasCapacity && queue.length > batchSize) this.#assignBatch(helper);
    }
  }

  /** Assigns files that are likely to be hashed. Trusted files stay here: helpers have no known observations. */
  #assignBatch(helper: Helper): void {
    const { known, queue, inspectOptions } = this.#deps;
    const paths = queue.take();
    const isTrusted = (path: string): boolean => !inspectOptions.verify && known.get(path)?.racy === false;
    const trusted = paths.filter(isTrusted);
    if (trusted.length > 0) this.#ownBatches.push(trusted);
    if (trusted.length < paths.length) helper.assign(paths.filter((path) => !isTrusted(path)));
  }

  /** Takes a batch that this thread has to inspect, apart from the queue. */
  takeOwnBatch(): readonly string[] | undefined {
    return this.#ownBatches.pop();
  }

  /** Resolves when a helper has returned a result, failed or died. */
  nextResult(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  dispose(): void {
    for (const helper of this.#helpers) helper.dispose();
    this.#helpers.clear();
  }

  #start(): void {
    this.#hasStarted = true;
    const count = Math.min(availableParallelism() - 1, maxHelpers);
    for (let i = 0; i < count; i++) {
      const helper = Helper.tryStart(this.#deps);
      if (helper === undefined) return;
      this.#helpers.add(helper);
      helper.worker.on('message', (message: FromScanHelper) => this.#receive(helper, message));
      helper.worker.on('error', () => this.#lose(helper));
      helper.worker.on('exit', () => this.#lose(helper));
    }
  }

  #receive(helper: Helper, message: FromScanHelper): void {
    if (!this.#helpers.has(helper)) return;
    try {
      if (message.kind === 'hashed') return this.#deps.onHashed(message.bytes);
      if (message.kind === 'failed') throw errorOf(message);
      const batch = helper.batches.shift();
      if (batch === undefined) return;
      this.#deps.record(batch, { ...message, changed: this.#differing(unpackObservations(message.observations)) });
      this.assign();
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
    }
    this.#wake();
  }

  #differing(observations: readonly Observation[]): readonly Observation[] {
    const { known } = this.#deps;
    return observations.map((one) => this.#corrected(one)).filter((one) => !sameObservation(one, known.get(one.path)));
  }

  /**
   * Adds to an observation what helpers do not know: the clocks of mounted disks, and on a file system without modes the
   * known mode.
   */
  #corrected(observation: Observation): Observation {
    const { known, inspectOptions } = this.#deps;
    const { honorsModes, modelessDevices, clock } = inspectOptions;
    const one = observation.racy ? withRacy(observation, clock.isRacy(observation)) : observation;
    if (one.kind !== 'file' || (honorsModes && !modelessDevices.has(one.dev))) return one;
    return withMode(one, modeWithoutModes(known.get(one.path)));
  }

  #lose(helper: Helper): void {
    if (!this.#helpers.delete(helper)) return;
    this.#ownBatches.push(...helper.batches);
    this.#wake();
  }
}

class Helper {
  readonly worker: Worker;
  /** Assigned batches whose result is missing, in order. */
  readonly batches: (readonly string[])[] = [];
  readonly #doneBatches = new SharedArrayBuffer(4);
  #assigned = 0;

  constructor({ inspectOptions, script, stop }: HelperTeamDeps) {
    const { root, realRoot, verify, honorsModes, clock } = inspectOptions;
    const workerData: ScanHelperData = {
      role: 'helper',
      inspectOptions: { root, realRoot, verify, honorsModes },
      clock: clock.reading,
      stop,
      doneBatches: this.#doneBatches,
    };
    this.worker = new Worker(script, { workerData, name: 'palmtree scan helper', resourceLimits: threadLimits });
  }

  /** Undefined if the system cannot start a thread: the scan continues without it. */
  static tryStart(deps: HelperTeamDeps): Helper | undefined {
    try {
      return new Helper(deps);
    } catch {
      return undefined;
    }
  }

  get hasCapacity(): boolean {
    return this.#assigned - Atomics.load(new Int32Array(this.#doneBatches), 0) < batchesAhead;
  }

  assign(batch: readonly string[]): void {
    this.batches.push(batch);
    this.#assigned++;
    this.worker.postMessage(batch.join('\0') satisfies ToScanHelper);
  }

  dispose(): void {
    void this.worker.terminate();
  }
}
