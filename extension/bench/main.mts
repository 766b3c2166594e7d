import { build as bundle } from 'esbuild';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from '../scripts/build.mts';
import { packageExtension } from '../scripts/package.mts';
import { cacheFolder, dist, repository } from '../scripts/paths.mts';
import { seconds, step } from '../scripts/step.mjs';
import { ensureSystemPackages } from '../scripts/setup/systemPackages.mts';
import { runMain, UserError } from '../scripts/userError.mjs';
import { activation } from './activation.mts';
import { drawChart } from './chart.mts';
import { disk } from './disk.mts';
import { manyFiles } from './manyFiles.mts';
import { measure, type Result, type Benchmark } from './measure.mts';
import {
  describeMachine,
  formatFigure,
  formatTarget,
  formatTargetResult,
  writeReport,
  type Failure,
} from './report.mts';
import { serverLoad } from './serverLoad.mts';
import { Testbed, type Scale } from './testbed.mts';
import { transfers } from './transfers.mts';

const scales: Readonly<Record<Scale['name'], Scale>> = {
  full: {
    name: 'full',
    manyFiles: 100_000,
    mediumFiles: 20_000,
    largeFileBytes: 2 ** 30,
    renamedFiles: 10_000,
    slowLinkFiles: 1_000,
    disk: { dailyEdits: 50, databaseBytes: 16 << 20, imageBytes: 16 << 20 },
    rounds: 5,
    slowRounds: 3,
    slowestRounds: 2,
  },
  quick: {
    name: 'quick',
    manyFiles: 2_000,
    mediumFiles: 1_000,
    largeFileBytes: 2 ** 24,
    renamedFiles: 500,
    slowLinkFiles: 100,
    disk: { dailyEdits: 4, databaseBytes: 1 << 20, imageBytes: 2 << 20 },
    rounds: 2,
    slowRounds: 1,
    slowestRounds: 1,
  },
};

const groups = { manyFiles, transfers, disk, serverLoad, activation };
type GroupName = keyof typeof groups;
/** All but the activation: its browser and workbench take longer than a quick run may. */
const quickGroups: readonly GroupName[] = ['manyFiles', 'transfers', 'disk', 'serverLoad'];

await runMain(async () => {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, only: { type: 'string' }, rows: { type: 'string' } },
  });
  const start = performance.now();
  const names = (values.only?.split(',') ?? (values.quick ? quickGroups : Object.keys(groups))) as GroupName[];
  for (const name of names) {
    if (!(name in groups))
      throw new UserError(`Unknown group "${name}". --only accepts ${Object.keys(groups).join(', ')}.`);
  }
  const rows = values.rows === undefined ? undefined : new Set(values.rows.split(','));
  await ensureSystemPackages(['rsync', 'ssh', 'git', 'unison', 'rclone']);
  await step('Building', async () => {
    await build({ minify: true });
    await bundleClient();
  });
  if (names.includes('activation')) await step('Packing the extension', packageExtension);
  const scale = scales[values.quick ? 'quick' : 'full'];
  // Outside the repository, so that packing the extension does not visit all of its files.
  const testbed = await Testbed.build(join(cacheFolder(), 'bench'), scale, 22_822);
  const results: Result[] = [];
  const failures: Failure[] = [];
  const recordFailure = (title: string, reason: string | undefined): void => {
    if (reason === undefined) return;
    failures.push({ title, reason });
    process.stdout.write(`  FAILED: ${title}: ${reason}\n`);
  };
  try {
    for (const name of names) {
      process.stdout.write(`\n${name}: preparing …\n`);
      let last = 'its preparation';
      const reason = await failureReason(async () => {
        for await (const benchmark of groups[name](testbed)) {
          if (rows?.delete(benchmark.id) === false) continue;
          recordFailure(benchmark.title, await failureReason(async () => void results.push(await run(benchmark))));
          last = `"${benchmark.title}"`;
          if (rows?.size === 0) break;
        }
      });
      recordFailure(`${name}: everything after ${last}`, reason);
    }
    const machine = await describeMachine(testbed.dropsCaches);
    const elapsedSeconds = (performance.now() - start) / 1000;
    // A partial report must not replace the complete one.
    const name = values.only === undefined && values.rows === undefined ? scale.name : 'part';
    const file = await writeReport(name, { scale, machine, results, failures, seconds: elapsedSeconds });
    const chart = await drawChart(results, name);
    const missed = results.flatMap(({ targets }) => targets).filter(({ isMet }) => !isMet).length;
    process.stdout.write(
      `\n${missed} targets missed, ${failures.length} benchmarks failed. ${seconds(performance.now() - start)}. Report: ${file}, ${chart}\n`,
    );
    if (failures.length > 0) process.exitCode = 1;
  } finally {
    await testbed.close();
  }
});

/** Catches all errors: one failed benchmark must not discard the results of a quarter of an hour. */
async function failureReason(action: () => Promise<void>): Promise<string | undefined> {
  try {
    await action();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function run(benchmark: Benchmark): Promise<Result> {
  process.stdout.write(`\n${benchmark.title}\n`);
  const result = await measure(benchmark, (name, figures) => {
    const figure = figures[benchmark.figure ?? 'ms'] ?? figures.ms;
    process.stdout.write(`    ${name}: ${formatFigure(benchmark, figure)}\n`);
  });
  for (const target of result.targets) {
    const limit = formatTarget(benchmark, target);
    const status = target.isMet ? 'met' : 'MISSED';
    process.stdout.write(`  ${status}: ${formatTargetResult(benchmark, target)} (target ${limit})\n`);
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
