import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Observation } from '../engine/observation';
import { unpackObservations } from './packedEntries';
import { isUntouchedBy } from './packedStats';
import type { ScanResult } from './ports';
import { batchSize, Pass, type PassOptions } from './scan';
import type { BatchResult } from './scanBatch';
import { errorOf } from './scanFailure';
import type { FromScanHelper, ScanHelperData, ToScanHelper } from './scanMessages';

/** With fewer files to look at, a thread takes longer to start than to help. */
const worthHelp = 3_000;
/** Batches that a helper has before it: enough to be busy until the next are given. */
const ahead = 4;
const mostHelpers = 3;

/**
 * A pass on as many threads as there are cores: this one walks and looks, helpers look at what it finds. A helper that
 * dies leaves what it had to this thread.
 */
export async function scanTogether(
  options: PassOptions & {
    readonly script: string;
    readonly stop: SharedArrayBuffer;
  },
): Promise<ScanResult> {
  const pass = new Pass(options);
  const team = new Team(pass, options);
  try {
    pass.walk(() => team.share());
    for (;;) {
      team.share();
      const batch = team.takeBack() ?? pass.next();
      if (batch.length > 0) pass.lookAt(batch);
      else if (team.isBusy) await team.nextAnswer();
      else return pass.finish();
      team.throwIfFailed();
    }
  } finally {
    team.end();
  }
}

interface Batch {
  readonly unknown: readonly string[];
  /** Those whose hash holds, as long as their stats are the same. */
  readonly trusted: readonly Observation[];
}

const nothingNew: BatchResult = {
  seen: [],
  gone: [],
  folders: [],
  problems: [],
};

function pathsOf({ unknown, trusted }: Batch): readonly string[] {
  return [...unknown, ...trusted.map(({ path }) => path)];
}

class Team {
  readonly #pass: Pass;
  readonly #options: PassOptions & {
    readonly script: string;
    readonly stop: SharedArrayBuffer;
  };
  readonly #helpers = new Set<Helper>();
  readonly #left: (readonly string[])[] = [];
  #started = false;
  #failure: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(
    pass: Pass,
    options: PassOptions & {
      readonly script: string;
      readonly stop: SharedArrayBuffer;
    },
  ) {
    this.#pass = pass;
    this.#options = options;
  }

  get isBusy(): boolean {
    return this.#left.length > 0 || [...this.#helpers].some((helper) => helper.batches.length > 0);
  }

  /** Gives the helpers what there is, as far as they have room. */
  share(): void {
    if (!this.#started && this.#pass.waiting >= worthHelp) this.#start();
    for (const helper of this.#helpers) {
      // The last batches stay here: who waits for the others does nothing.
      while (helper.hasRoom && this.#pass.waiting > batchSize) helper.give(this.#batch());
    }
  }

  /** The next batch, by what has to be found out: a helper has no need of what is known. */
  #batch(): Batch {
    const { known, verify } = this.#options;
    const unknown: string[] = [];
    const trusted: Observation[] = [];
    for (const path of this.#pass.next()) {
      const seen = known.get(path);
      if (seen === undefined || seen.racy || verify === true) unknown.push(path);
      else trusted.push(seen);
    }
    return { unknown, trusted };
  }

  /** A batch that a helper left behind. */
  takeBack(): readonly string[] | undefined {
    return this.#left.pop();
  }

  nextAnswer(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  end(): void {
    for (const helper of this.#helpers) helper.end();
    this.#helpers.clear();
  }

  #start(): void {
    this.#started = true;
    const count = Math.min(availableParallelism() - 1, mostHelpers);
    for (let i = 0; i < count; i++) {
      const helper = Helper.tryStart(this.#pass, this.#options);
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
      if (message.kind === 'hashed') return this.#pass.countHashed(message.bytes);
      if (message.kind === 'failed') throw errorOf(message);
      const batch = helper.batches.shift();
      if (batch === undefined) return;
      const seen = unpackObservations(message.seen).map((one) => this.#withKnownMode(one));
      this.#pass.take(batch.unknown, { ...message, seen: this.#pass.differing(seen) });
      this.#takeStats(batch.trusted, message.stats);
      this.share();
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
    }
    this.#wake();
  }

  /** Where the system knows no modes, a look keeps the one that was known; a helper knows none. */
  #withKnownMode(seen: Observation): Observation {
    if (this.#pass.lookOptions.honoursModes || seen.kind !== 'file') return seen;
    const known = this.#options.known.get(seen.path);
    return known?.kind === 'file' ? { ...seen, mode: known.mode } : seen;
  }

  /** What is not as it was known is looked at here. */
  #takeStats(trusted: readonly Observation[], stats: BigInt64Array): void {
    const { honoursModes } = this.#pass.lookOptions;
    const untouched: string[] = [];
    const touched: string[] = [];
    for (const [row, known] of trusted.entries()) {
      (isUntouchedBy(stats, row, known, honoursModes) ? untouched : touched).push(known.path);
    }
    this.#pass.take(untouched, nothingNew);
    if (touched.length > 0) this.#left.push(touched);
  }

  #lose(helper: Helper): void {
    if (!this.#helpers.delete(helper)) return;
    for (const batch of helper.batches) this.#left.push(pathsOf(batch));
    this.#wake();
  }
}

class Helper {
  readonly worker: Worker;
  /** Given, and not answered yet. */
  readonly batches: Batch[] = [];
  readonly #done = new SharedArrayBuffer(4);
  #given = 0;

  constructor(pass: Pass, { script, stop }: { readonly script: string; readonly stop: SharedArrayBuffer }) {
    const { root, realRoot, verify, honoursModes, clock } = pass.lookOptions;
    const workerData: ScanHelperData = {
      helps: true,
      look: { root, realRoot, verify, honoursModes },
      clock: clock.reading,
      stop,
      done: this.#done,
    };
    this.worker = new Worker(script, {
      workerData,
      name: 'palmtree scan helper',
    });
  }

  /** Undefined where the system gives no thread: the pass goes on without. */
  static tryStart(pass: Pass, options: { readonly script: string; readonly stop: SharedArrayBuffer }) {
    try {
      return new Helper(pass, options);
    } catch {
      return undefined;
    }
  }

  get hasRoom(): boolean {
    return this.#given - Atomics.load(new Int32Array(this.#done), 0) < ahead;
  }

  give(batch: Batch): void {
    this.batches.push(batch);
    this.#given++;
    const trusted = batch.trusted.map(({ path }) => path).join('\0');
    this.worker.postMessage({ unknown: batch.unknown.join('\0'), trusted } satisfies ToScanHelper);
  }

  end(): void {
    void this.worker.terminate();
  }
}
