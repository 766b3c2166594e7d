import { rmSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { checkInBatches, isReplay } from './batches';
import { startInProcess } from './inProcessServer';
import { soakSeconds } from './soak';
import { ModelSystem } from './system/modelSystem';
import { step, type Step } from './system/steps';

let template: string;
beforeAll(async () => {
  const server = await startInProcess();
  await server.stop();
  template = server.dataFolder;
  const real = globalThis.setTimeout;
  // A pause before another attempt takes no time. Deadlines are longer than such pauses, and stay real.
  vi.stubGlobal('setTimeout', (run: () => void, ms = 0) => real(run, ms <= longestPauseMs ? 0 : ms));
});
afterAll(() => {
  rmSync(template, { recursive: true });
  vi.unstubAllGlobals();
});

const requiredOutcomes = [
  ...['push done', 'pull done', 'resolve done', 'restore done', 'undoPush done', 'undoPull done'],
  ...['push stale_base', 'push crashed', 'pull crashed'],
];
/** The sequences take minutes, and many of them on a busy machine. In a soak, they go on for the given time. */
const timeoutMs = 1_800_000 + 1_000 * (soakSeconds ?? 0);
const longestPauseMs = 8_000;
async function runSequence(count: number, steps: readonly Step[]): Promise<ModelSystem> {
  const system = await ModelSystem.start(count, template, (fetch) => vi.stubGlobal('fetch', fetch));
  try {
    await system.run(steps);
    await system.settle();
    return system;
  } catch (error) {
    throw new Error(`${String(error)}\n${system.log.join('\n')}`, { cause: error });
  } finally {
    await system.stop();
  }
}

const short = fc.array(step, { minLength: 1, maxLength: 10 });
/** Only a longer history has much to undo and to restore. */
const long = fc.array(step, { minLength: 20, maxLength: 60, size: 'max' });
const mixed = fc.oneof({ arbitrary: short, weight: 19 }, { arbitrary: long, weight: 1 });
const sequence = fc.tuple(fc.constantFrom(2, 2, 2, 3), soakSeconds === undefined ? mixed : long);

/**
 * Registers the test of the promises, with 1,000 sequences. Its file has to mock Node's modules as model.test.ts does.
 * `seedOffset` gives each file sequences of its own.
 */
export function itKeepsThePromises(seedOffset: number): void {
  it('property: whatever users do and whatever fails, no promise is broken', { timeout: timeoutMs }, async () => {
    let steps = 0;
    let crashes = 0;
    const outcomes = new Map<string, number>();
    const property = fc.asyncProperty(sequence, async ([machines, all]) => {
      const system = await runSequence(machines, all);
      steps += system.steps;
      crashes += system.server.crashes;
      for (const [outcome, count] of system.outcomes) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + count);
    });
    await checkInBatches(property, {
      name: 'sequences of the model',
      share: 0.95,
      runs: 1_000,
      runsPerBatch: 100,
      seedOffset,
      maxGrowthBytes: 100e6,
      afterBatch: () => ({ steps, serverCrashes: crashes, ...Object.fromEntries(outcomes) }),
    });
    // Without these outcomes, a run would prove little.
    if (!isReplay) expect([...outcomes.keys()]).toEqual(expect.arrayContaining(requiredOutcomes));
  });
}

/** Registers the test that a failure can be repeated. */
export function itIsRepeatable(): void {
  it('property: the same sequence has the same outcomes each time', async () => {
    const property = fc.asyncProperty(sequence, async ([count, all]) => {
      const first = await runSequence(count, all);
      const second = await runSequence(count, all);
      expect(second.log).toEqual(first.log);
    });
    await checkInBatches(property, { name: 'repeated sequences', share: 0.05, runs: 50, runsPerBatch: 50 });
  });
}
