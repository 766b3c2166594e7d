import { randomInt } from 'node:crypto';
import { relative } from 'node:path';
import fc, { type IRawProperty, type Parameters } from 'fast-check';
import { expect } from 'vitest';
import { repository } from '../../scripts/paths.mts';
import { MemoryWatch } from './memoryWatch';
import { soakSeconds, writeSoakFigures } from './soak';

/** The seed and the path of one failure, which a failed property prints, to repeat it. */
const givenSeed = process.env['PALMTREE_PROPERTY_SEED'];
const givenPath = process.env['PALMTREE_PROPERTY_PATH'];
/** The run repeats one failure, and so has few outcomes. */
export const isReplay = givenPath !== undefined;

export interface BatchOptions {
  /** A name for the report of a soak. */
  readonly name: string;
  /** The part of a soak's seconds that this property gets. */
  readonly share: number;
  /** The runs of the property outside a soak. */
  readonly runs: number;
  readonly runsPerBatch: number;
  /** Added to the first seed, so that a property can be run in several files. */
  readonly seedOffset?: number;
  /** The bytes that the heap may grow by after its warm-up. By default, memory is not checked. */
  readonly maxGrowthBytes?: number;
  /** Called after each batch. Returns figures for the report. */
  readonly afterBatch?: () => Promise<Record<string, number>> | Record<string, number>;
}

/**
 * Runs a property in batches, each with a seed of its own: as many runs as `npm test` has time for, or, in a soak, for as
 * many seconds as that gives. Throws the shrunk counterexample with the command that repeats it.
 */
export async function checkInBatches(property: IRawProperty<unknown>, options: BatchOptions): Promise<void> {
  const memory = new MemoryWatch();
  const end = soakSeconds === undefined ? undefined : performance.now() + soakSeconds * options.share * 1000;
  const began = performance.now();
  let figures: Record<string, number> = {};
  let runs = 0;
  for (let seed = Number(givenSeed ?? firstSeed() + (options.seedOffset ?? 0)); ; seed = (seed + 1) | 0) {
    await checkBatch(property, {
      seed,
      numRuns: options.runsPerBatch,
      ...(givenPath !== undefined && { path: givenPath }),
    });
    if (isReplay) return;
    runs += options.runsPerBatch;
    figures = (await options.afterBatch?.()) ?? {};
    memory.sample(runs);
    if (end === undefined ? runs >= options.runs : performance.now() > end) break;
  }
  const { growthBytes, bytesPerUnit } = memory.trend();
  writeSoakFigures(options.name, {
    runs,
    seconds: Math.round((performance.now() - began) / 1000),
    ...figures,
    heapGrowthMB: growthBytes / 1e6,
    heapBytesPerRun: bytesPerUnit,
  });
  if (options.maxGrowthBytes !== undefined) expect(growthBytes).toBeLessThan(options.maxGrowthBytes);
}

/** The same seed in each run of the suite: with another one, a failure could be gone in the next run. A soak looks further. */
function firstSeed(): number {
  return soakSeconds === undefined ? 20_261_129 : randomInt(2 ** 31);
}

async function checkBatch(property: IRawProperty<unknown>, parameters: Parameters<unknown>): Promise<void> {
  const details = await fc.check(property, parameters);
  if (!details.failed) return;
  const { currentTestName = '', testPath = '' } = expect.getState();
  const vitest = `npx vitest run --config extension/scripts/vitest.config.mts --project model`;
  const replay = `PALMTREE_PROPERTY_SEED=${details.seed} PALMTREE_PROPERTY_PATH=${details.counterexamplePath}`;
  const file = relative(repository, testPath);
  const title = currentTestName.split(' > ').at(-1) ?? '';
  const report = await fc.asyncDefaultReportMessage(details);
  throw new Error(`${report}\n\nRepeat it with:\n${replay} ${vitest} ${file} -t ${JSON.stringify(title)}`, {
    cause: details.errorInstance,
  });
}
