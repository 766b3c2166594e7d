/** The result of one run: its time in milliseconds, and other figures (bytes, counts) by name. */
export interface Figures {
  readonly ms: number;
  readonly [name: string]: number;
}

/** One tool, or one setting, that a benchmark runs. */
export interface Variant {
  readonly name: string;
  /** Runs in the first round only, because it takes too long. */
  readonly runsOnce?: boolean;
  /** Brings the testbed into the state in which each run begins. Not timed. */
  readonly prepare?: () => Promise<void>;
  readonly run: () => Promise<Figures>;
}

/** An upper limit for the first variant, which is Palmtree. */
export interface Target {
  /** Limits the worst of all runs in this figure, instead of the median in the benchmark's own. */
  readonly worst?: { readonly figure: string; readonly label: string; readonly unit?: Unit };
  /** The name of another variant: `max` limits the ratio to its median, instead of the figure itself. */
  readonly baseline?: string;
  readonly max: number;
}

/** The target for everything that runs in the extension host. */
export const blockTarget: Target = {
  worst: { figure: 'blockedMs', label: 'longest block of the event loop' },
  max: 50,
};

/** The target for a server that is busy with a push or a pull. */
export const otherClientTarget: Target = {
  worst: { figure: 'otherWaitedMs', label: 'longest wait of another client’s request' },
  max: 100,
};

type Unit = 'ms' | 'bytes' | 'MB' | 'per second';

export interface Benchmark {
  readonly id: string;
  /** Describes the measured work in the report. */
  readonly title: string;
  /** The name of the figure to compare. Default: `ms`. */
  readonly figure?: string;
  readonly unit?: Unit;
  readonly targets: readonly Target[];
  /** Palmtree is the first. */
  readonly variants: readonly Variant[];
  readonly rounds: number;
}

export interface Summary {
  readonly name: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: readonly Figures[];
}

export interface Result {
  readonly benchmark: Benchmark;
  readonly summaries: readonly Summary[];
  readonly targets: readonly TargetResult[];
}

export interface TargetResult extends Target {
  /** The figure, or its ratio to the baseline's. */
  readonly value: number;
  readonly isMet: boolean;
}

/** Runs the variants in turn, in another order each round, so that other load on the machine affects all of them. */
export async function measure(benchmark: Benchmark, onRun: (name: string, figures: Figures) => void): Promise<Result> {
  const { variants, rounds, figure = 'ms', targets } = benchmark;
  const runs = new Map<string, Figures[]>(variants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < variants.length; turn++) {
      const variant = variants[(round + turn) % variants.length];
      if (variant === undefined || (variant.runsOnce === true && round > 0)) continue;
      await variant.prepare?.();
      const figures = await variant.run();
      runs.get(variant.name)?.push(figures);
      onRun(variant.name, figures);
    }
  }
  const summaries = [...runs].map(([name, figures]) => summarize(name, figures, figure));
  return { benchmark, summaries, targets: targets.map((target) => checkTarget(target, summaries)) };
}

function summarize(name: string, runs: readonly Figures[], figure: string): Summary {
  const values = runs.map((run) => run[figure] ?? Number.NaN).sort((a, b) => a - b);
  return { name, median: median(values), min: values[0] ?? Number.NaN, max: values.at(-1) ?? Number.NaN, runs };
}

function checkTarget(target: Target, summaries: readonly Summary[]): TargetResult {
  const value = targetValue(target, summaries);
  return { ...target, value, isMet: value <= target.max };
}

function targetValue({ worst, baseline }: Target, summaries: readonly Summary[]): number {
  const [palmtree] = summaries;
  if (worst !== undefined) {
    return Math.max(...(palmtree?.runs ?? []).map((run) => run[worst.figure] ?? Number.NaN));
  }
  const figure = palmtree?.median ?? Number.NaN;
  if (baseline === undefined) return figure;
  return figure / (summaries.find(({ name }) => name === baseline)?.median ?? Number.NaN);
}

/** `values` must be sorted. */
export function median(values: readonly number[]): number {
  const middle = values.length >> 1;
  const upper = values[middle] ?? Number.NaN;
  return values.length % 2 === 1 ? upper : ((values[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Measures how long `action` takes. */
export async function timed(action: () => Promise<unknown>): Promise<Figures> {
  const start = performance.now();
  await action();
  return { ms: performance.now() - start };
}
