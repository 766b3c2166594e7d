import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { entryWith } from '../../core/entry';
import type { Observation } from '../../core/observation';
import { unpackObservations } from '../entries/packedEntries';
import type { ScanResult } from './scannerPort';
import { batchSize, Pass, type PassOptions, type ReadFolder } from './scan';
import { errorOf } from '../threads/threadFailure';
import type { FromScanHelper, ScanHelperData, ToScanHelper } from './scanMessages';
import { threadLimits } from '../threads/threadLimits';

/** With fewer files to look at, a thread takes longer to start than to help. */
const worthHelp = 3_000;
/** Batches that a helper has before it: enough to be busy until the next are given. */
const ahead = 4;
const mostHelpers = 3;

export interface TeamResult extends ScanResult {
  readonly read: readonly ReadFolder[];
}

/**
 * A pass on as many threads as there are cores: this one walks and looks, helpers look at what it finds. A helper that
 * dies leaves what it had to this thread.
 */
export async function scanTogether(
  options: PassOptions & {
    readonly script: string;
    readonly stop: SharedArrayBuffer;
  },
): Promise<TeamResult> {
  const pass = new Pass(options);
  const team = new Team(pass, options);
  try {
    pass.walk(() => team.share());
    for (;;) {
      team.share();
      const batch = team.takeBack() ?? pass.next();
      if (batch.length > 0) pass.lookAt(batch);
      else if (team.isBusy) await team.nextAnswer();
      else return { ...pass.finish(), read: pass.read };
      team.throwIfFailed();
    }
  } finally {
    team.end();
  }
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
    if (!this.#started && this.#pass.pendingCount >= worthHelp) this.#start();
    for (const helper of this.#helpers) {
      // The last batches stay here: who waits for the others does nothing.
      while (helper.hasRoom && this.#pass.pendingCount > batchSize) this.#give(helper);
    }
  }

  /** A helper knows nothing of what is known: what is likely to be hashed is for it, and the rest stays here. */
  #give(helper: Helper): void {
    const { known, verify } = this.#options;
    const paths = this.#pass.next();
    const isTrusted = (path: string): boolean => verify !== true && known.get(path)?.racy === false;
    const trusted = paths.filter(isTrusted);
    if (trusted.length > 0) this.#left.push(trusted);
    if (trusted.length < paths.length) helper.give(paths.filter((path) => !isTrusted(path)));
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
      this.#pass.take(batch, { ...message, seen: this.#pass.differing(seen) });
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
    if (known?.kind !== 'file') return seen;
    const { dev, ino, ctimeNs, racy } = seen;
    return { ...entryWith(seen, { mode: known.mode }), dev, ino, ctimeNs, racy };
  }

  #lose(helper: Helper): void {
    if (!this.#helpers.delete(helper)) return;
    this.#left.push(...helper.batches);
    this.#wake();
  }
}

class Helper {
  readonly worker: Worker;
  /** Given, and not answered yet. */
  readonly batches: (readonly string[])[] = [];
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
      resourceLimits: threadLimits,
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

  give(batch: readonly string[]): void {
    this.batches.push(batch);
    this.#given++;
    this.worker.postMessage(batch.join('\0') satisfies ToScanHelper);
  }

  end(): void {
    void this.worker.terminate();
  }
}
