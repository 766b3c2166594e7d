import { build as bundle } from 'esbuild';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from '../scripts/build.mts';
import { packageExtension } from '../scripts/package.mts';
import { cacheFolder, dist, repository } from '../scripts/paths.mts';
import { seconds, step } from '../scripts/step.mjs';
import { ensureSystemPackages } from '../scripts/systemPackages.mts';
import { runMain, UserError } from '../scripts/userError.mjs';
import { activation } from './activation.mts';
import { drawChart } from './chart.mts';
import { manyFiles } from './manyFiles.mts';
import { measure, type Result, type Work } from './measure.mts';
import { describeMachine, shown, shownTarget, shownVerdict, writeReport, type Failure } from './report.mts';
import { serverLoad } from './serverLoad.mts';
import { Stage, type Scale } from './stage.mts';
import { transfers } from './transfers.mts';

const scales: Readonly<Record<Scale['name'], Scale>> = {
  full: {
    name: 'full',
    many: 100_000,
    some: 20_000,
    large: 2 ** 30,
    renamed: 10_000,
    slow: 1_000,
    rounds: 5,
    longRounds: 3,
    longestRounds: 2,
  },
  quick: {
    name: 'quick',
    many: 2_000,
    some: 1_000,
    large: 2 ** 24,
    renamed: 500,
    slow: 100,
    rounds: 2,
    longRounds: 1,
    longestRounds: 1,
  },
};

const groups = { manyFiles, transfers, serverLoad, activation };
type GroupName = keyof typeof groups;
/** A browser and a whole workbench take longer than a minute leaves. */
const quickGroups: readonly GroupName[] = ['manyFiles', 'transfers', 'serverLoad'];

await runMain(async () => {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
  });
  const began = performance.now();
  const names = (values.only?.split(',') ?? (values.quick ? quickGroups : Object.keys(groups))) as GroupName[];
  for (const name of names) {
    if (!(name in groups))
      throw new UserError(`There is no "${name}": --only takes ${Object.keys(groups).join(', ')}.`);
  }
  await ensureSystemPackages(['rsync', 'ssh', 'git', 'unison', 'rclone']);
  await step('Building', async () => {
    await build({ minify: true });
    await bundleClient();
  });
  if (names.includes('activation')) await step('Packing the extension', packageExtension);
  const scale = scales[values.quick ? 'quick' : 'full'];
  // Not in the repository: packing would pass over all of its files.
  const stage = await Stage.build(join(cacheFolder(), 'bench'), scale, 22_822);
  const results: Result[] = [];
  const failures: Failure[] = [];
  const note = (title: string, reason: string | undefined): void => {
    if (reason === undefined) return;
    failures.push({ title, reason });
    process.stdout.write(`  FAILED: ${title}: ${reason}\n`);
  };
  try {
    for (const name of names) {
      process.stdout.write(`\n${name}: preparing …\n`);
      let done = 'its preparation';
      const reason = await failureOf(async () => {
        for await (const work of groups[name](stage)) {
          note(work.title, await failureOf(async () => void results.push(await run(work))));
          done = `"${work.title}"`;
        }
      });
      note(`${name}, all that follows ${done}`, reason);
    }
    const machine = await describeMachine(stage.dropsCaches);
    const took = (performance.now() - began) / 1000;
    // A part does not take the place of the whole.
    const name = values.only === undefined ? scale.name : 'part';
    const file = await writeReport(name, { scale, machine, results, failures, seconds: took });
    const chart = await drawChart(results, name);
    const missed = results.flatMap(({ verdicts }) => verdicts).filter(({ isMet }) => !isMet).length;
    process.stdout.write(
      `\n${missed} targets missed, ${failures.length} works failed. ${seconds(performance.now() - began)}. Report: ${file}, ${chart}\n`,
    );
    if (failures.length > 0) process.exitCode = 1;
  } finally {
    await stage.close();
  }
});

/** A quarter of an hour of figures is not thrown away for one that could not be had. */
async function failureOf(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function run(work: Work): Promise<Result> {
  process.stdout.write(`\n${work.title}\n`);
  const result = await measure(work, (name, figures) => {
    process.stdout.write(`    ${name}: ${shown(work, figures[work.figure ?? 'ms'] ?? figures.ms)}\n`);
  });
  for (const verdict of result.verdicts) {
    const word = verdict.isMet ? 'met' : 'MISSED';
    process.stdout.write(`  ${word}: ${shownVerdict(work, verdict)} (target ${shownTarget(work, verdict)})\n`);
  }
  return result;
}

async function bundleClient(): Promise<void> {
  await bundle({
    absWorkingDir: repository,
    entryPoints: { client: 'extension/bench/client.ts' },
    outdir: join(dist, 'bench'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    logLevel: 'warning',
  });
}
