import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from '../scripts/build.mts';
import { cleanEnvironment } from '../scripts/setup/cleanEnvironment.mjs';
import { onStop, stop, stopWithParent } from '../scripts/processes/liveChildren.mjs';
import { repository } from '../scripts/paths.mts';
import { runCommand } from '../scripts/processes/runCommand.mts';
import { seconds, step } from '../scripts/step.mjs';
import { ensureSystemPackages } from '../scripts/setup/systemPackages.mts';
import { runMain, UserError } from '../scripts/userError.mjs';
import type { FigureRow, PartResult } from './partResult.mts';
import { machineLine, writeReport } from './report.mts';
import { summary } from './summary.mts';

interface Part {
  readonly project: string;
  readonly paths: readonly string[];
  /** The fraction of the time that it gets when all parts run. */
  readonly share: number;
  /** The number of processes that run it at once, each with seeds of its own. */
  readonly processes: number;
}

const parts: Readonly<Record<string, Part>> = {
  fuzz: { project: 'model', paths: ['extension/test/model/fuzz'], share: 0.2, processes: 1 },
  model: {
    project: 'model',
    paths: ['extension/test/model/model.test.ts'],
    share: 0.5,
    processes: Math.min(4, availableParallelism()),
  },
  real: { project: 'sync', paths: ['extension/test/sync/killSimulation.test.ts'], share: 0.13, processes: 1 },
  load: { project: 'soak', paths: ['extension/test/soak/load.test.ts'], share: 0.17, processes: 1 },
};

function chosen(): { readonly names: readonly string[]; readonly minutes: number } {
  const { values } = parseArgs({ options: { minutes: { type: 'string' }, only: { type: 'string', multiple: true } } });
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new UserError('Usage: npm run soak -- --minutes N [--only fuzz|model|real|load]');
  const names = values.only?.flatMap((value) => value.split(',')) ?? Object.keys(parts);
  const unknown = names.find((name) => !(name in parts));
  if (unknown !== undefined)
    throw new UserError(`There is no part "${unknown}". --only accepts ${Object.keys(parts).join(', ')}.`);
  return { names, minutes };
}

async function runPart(name: string, part: Part, partSeconds: number, folder: string): Promise<PartResult> {
  process.stdout.write(`\n== ${name}, ${seconds(partSeconds * 1000)}\n`);
  const began = performance.now();
  const runs = Array.from({ length: part.processes }, (_, index) => {
    return runVitest(part, partSeconds, join(folder, `${name}-${index}.jsonl`));
  });
  const results = await Promise.all(runs);
  return {
    name,
    seconds: (performance.now() - began) / 1000,
    figures: results.flatMap(({ figures }) => figures),
    failures: results.flatMap(({ failure }) => failure ?? []),
  };
}

/** Runs tests that go on for this many seconds and write their figures into a file. */
async function runVitest({ project, paths }: Part, partSeconds: number, figuresFile: string) {
  const entry = join(repository, 'node_modules/vitest/vitest.mjs');
  const config = join(repository, 'extension/scripts/vitest.config.mts');
  const args = [entry, 'run', '--config', config, '--project', project, ...paths];
  const env = { PALMTREE_SOAK_SECONDS: String(partSeconds), PALMTREE_SOAK_FIGURES: figuresFile };
  const { code, output } = await runCommand(process.execPath, args, {
    cwd: repository,
    env: { ...cleanEnvironment(), ...env },
    show: true,
  });
  const text = await readFile(figuresFile, 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  const figures = lines.map((line) => JSON.parse(line) as FigureRow);
  return { figures, ...(code === 0 ? {} : { failure: output }) };
}

await runMain(async () => {
  stopWithParent();
  const { names, minutes } = chosen();
  await ensureSystemPackages(['rsync']);
  await step('Building', () => build({ minify: true }));
  const folder = await mkdtemp(join(tmpdir(), 'palmtree-soak-'));
  onStop(() => rm(folder, { recursive: true, force: true }));
  const selected = Object.entries(parts).filter(([name]) => names.includes(name));
  const total = selected.reduce((sum, [, { share }]) => sum + share, 0);
  const results: PartResult[] = [];
  for (const [name, part] of selected) {
    results.push(await runPart(name, part, (minutes * 60 * part.share) / total, folder));
  }
  await rm(folder, { recursive: true, force: true });
  const isWhole = selected.length === Object.keys(parts).length;
  const file = await writeReport(isWhole ? 'soak-full' : 'soak-part', { minutes, results });
  const failed = results.filter(({ failures }) => failures.length > 0).map(({ name }) => name);
  const verdict = failed.length === 0 ? 'No violation.' : `Violations: ${failed.join(', ')}.`;
  process.stdout.write(`\n${machineLine(minutes)}\n${summary(results)}\n${verdict} Report: ${file}\n`);
  process.exitCode = failed.length > 0 ? 1 : 0;
});
await stop(0);
