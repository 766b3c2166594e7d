/** What one run of a contender took: milliseconds, and other figures by name (bytes, counts). */
export interface Figures {
  readonly ms: number;
  readonly [name: string]: number;
}

export interface Contender {
  readonly name: string;
  /** Runs in the first round alone: it takes too long for more. */
  readonly once?: boolean;
  /** Not timed: brings the stage to where each run begins. */
  readonly before?: () => Promise<void>;
  readonly run: () => Promise<Figures>;
}

/** What must hold of the first contender's figure. */
export interface Target {
  /** Another than the work's: then the worst of all its runs counts. */
  readonly worst?: { readonly figure: string; readonly of: string; readonly unit?: Unit };
  /** The contender that it is measured against; without one, `most` is the figure itself. */
  readonly against?: string;
  readonly most: number;
}

/** Holds of all that the extension host does. */
export const neverBlocked: Target = {
  worst: { figure: 'blockedMs', of: 'at most without an answer' },
  most: 50,
};

/** Holds of a server that is busy with somebody's push or pull. */
export const othersAnswered: Target = {
  worst: { figure: 'anotherWaitedMs', of: 'at most for another client’s request' },
  most: 500,
};

export type Unit = 'ms' | 'bytes' | 'MB' | 'per second';

export interface Work {
  readonly id: string;
  /** What is done, for the report. */
  readonly title: string;
  /** The figure that counts, and its unit for people. */
  readonly figure?: string;
  readonly unit?: Unit;
  readonly targets: readonly Target[];
  /** Palmtree first. */
  readonly contenders: readonly Contender[];
  readonly rounds: number;
}

export interface Summary {
  readonly name: string;
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly runs: readonly Figures[];
}

export interface Result {
  readonly work: Work;
  readonly summaries: readonly Summary[];
  readonly verdicts: readonly Verdict[];
}

export interface Verdict extends Target {
  /** The figure, or its ratio to the other contender's. */
  readonly value: number;
  readonly isMet: boolean;
}

/** Runs the contenders in turn, each round in another order, so that what the machine does meanwhile meets all. */
export async function measure(work: Work, onRun: (name: string, figures: Figures) => void): Promise<Result> {
  const runs = new Map<string, Figures[]>(work.contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < work.rounds; round++) {
    for (let turn = 0; turn < work.contenders.length; turn++) {
      const contender = work.contenders[(round + turn) % work.contenders.length];
      if (contender === undefined || (contender.once === true && round > 0)) continue;
      await contender.before?.();
      const figures = await contender.run();
      runs.get(contender.name)?.push(figures);
      onRun(contender.name, figures);
    }
  }
  const figure = work.figure ?? 'ms';
  const summaries = [...runs].map(([name, all]) => summarise(name, all, figure));
  return { work, summaries, verdicts: work.targets.map((target) => judge(target, summaries)) };
}

function summarise(name: string, runs: readonly Figures[], figure: string): Summary {
  const values = runs.map((run) => run[figure] ?? Number.NaN).sort((a, b) => a - b);
  return { name, median: median(values), least: values[0] ?? Number.NaN, most: values.at(-1) ?? Number.NaN, runs };
}

function judge(target: Target, summaries: readonly Summary[]): Verdict {
  const [first] = summaries;
  const { worst } = target;
  if (worst !== undefined) {
    const value = Math.max(...(first?.runs ?? []).map((run) => run[worst.figure] ?? Number.NaN));
    return { ...target, value, isMet: value <= target.most };
  }
  const ours = first?.median ?? Number.NaN;
  const other = summaries.find(({ name }) => name === target.against)?.median;
  const value = target.against === undefined ? ours : ours / (other ?? Number.NaN);
  return { ...target, value, isMet: value <= target.most };
}

/** `values` are sorted. */
export function median(values: readonly number[]): number {
  const middle = values.length >> 1;
  const upper = values[middle] ?? Number.NaN;
  return values.length % 2 === 1 ? upper : ((values[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The time that `work` takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<Figures> {
  const began = performance.now();
  await work();
  return { ms: performance.now() - began };
}
