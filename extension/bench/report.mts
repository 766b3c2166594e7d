import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { repository } from '../scripts/paths.mts';
import { runCommand } from '../scripts/processes/runCommand.mts';
import type { Benchmark, Result, Summary, TargetResult } from './measure.mts';
import type { Scale } from './testbed.mts';

export interface Report {
  readonly scale: Scale;
  readonly machine: Machine;
  readonly results: readonly Result[];
  /** Benchmarks that ended without a result. */
  readonly failures: readonly Failure[];
  readonly seconds: number;
}

export interface Failure {
  readonly title: string;
  readonly reason: string;
}

interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly system: string;
  readonly dropsCaches: boolean;
  readonly versions: readonly string[];
}

export async function describeMachine(dropsCaches: boolean): Promise<Machine> {
  const commands: [string, string[]][] = [
    ['rsync', ['--version']],
    ['git', ['--version']],
    ['unison', ['-version']],
    ['rclone', ['version']],
    ['ssh', ['-V']],
    ['restic', ['version']],
  ];
  const versions: string[] = [`Node ${process.version}`];
  for (const [command, args] of commands) {
    const { code, output } = await runCommand(command, args);
    if (code === 0) versions.push((output.split('\n')[0] ?? '').replace(/\s+/g, ' ').slice(0, 60).trim());
  }
  return {
    cores: cpus().length,
    processor: cpus()[0]?.model.trim() ?? '',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    dropsCaches,
    versions,
  };
}

/** Writes `bench/results/NAME.md` and `NAME.json`. Returns the path of the first. */
export async function writeReport(name: string, report: Report): Promise<string> {
  const folder = join(repository, 'extension/bench/results');
  await mkdir(folder, { recursive: true });
  const base = join(folder, name);
  await writeFile(`${base}.md`, markdown(name, report));
  await writeFile(`${base}.json`, `${JSON.stringify(jsonReport(report), undefined, 2)}\n`);
  return `${base}.md`;
}

function jsonReport({ scale, machine, results, failures, seconds }: Report): object {
  const benchmarks = results.map(({ benchmark, summaries, targets }) => {
    const { id, title, figure = 'ms', rounds } = benchmark;
    return { id, title, figure, rounds, targets, variants: summaries };
  });
  return { scale, machine, seconds: Math.round(seconds), benchmarks, failures };
}

function markdown(name: string, { machine, results, failures, seconds }: Report): string {
  const rows = results.map((result) => `| ${cells(result).join(' | ')} |`);
  const details = results.flatMap(({ benchmark, summaries }) => {
    return summaries.map((summary) => `| ${benchmark.title} | ${summary.name} | ${formatRange(benchmark, summary)} |`);
  });
  const { cores, processor, memoryGiB, system, dropsCaches, versions } = machine;
  return [
    '# Benchmark',
    '',
    `${name}, in ${Math.round(seconds)} s, on ${cores} cores (${processor}), ${memoryGiB} GiB, ${system}.`,
    `The page cache was ${dropsCaches ? '' : 'not '}dropped before cold runs. ${versions.join('; ')}.`,
    '',
    'A ratio is the median of Palmtree divided by the median of the other tool. Both ran in turn; below 1 is faster.',
    '',
    '| benchmark | ratio or figure | target | | Palmtree | others |',
    '|---|---|---|---|---|---|',
    ...rows,
    ...failures.map(({ title, reason }) => `| ${title} | failed: ${reason.split('\n')[0]} | | | | |`),
    '',
    '## All tools: median (minimum to maximum), rounds',
    '',
    '| benchmark | tool | |',
    '|---|---|---|',
    ...details,
    '',
  ].join('\n');
}

function cells({ benchmark, summaries, targets }: Result): string[] {
  const [palmtree, ...others] = summaries;
  return [
    benchmark.title,
    targets.map((target) => formatTargetResult(benchmark, target)).join('<br>'),
    targets.map((target) => formatTarget(benchmark, target)).join('<br>') || 'none',
    targets.map(({ isMet }) => (isMet ? 'met' : '**missed**')).join('<br>'),
    palmtree === undefined ? '' : formatFigure(benchmark, palmtree.median),
    others.map((other) => `${other.name} ${formatFigure(benchmark, other.median)}`).join('<br>'),
  ];
}

export function formatTargetResult(benchmark: Benchmark, { baseline, worst, value }: TargetResult): string {
  if (worst !== undefined) return `${worst.label} ${formatFigure(worst, value)}`;
  return baseline === undefined ? formatFigure(benchmark, value) : `${value.toFixed(2)}× ${baseline}`;
}

export function formatTarget(benchmark: Benchmark, { baseline, worst, max }: TargetResult): string {
  return `≤ ${baseline === undefined ? formatFigure(worst ?? benchmark, max) : `${max}×`}`;
}

function formatRange(benchmark: Benchmark, { median, min, max, runs }: Summary): string {
  const [middle, least, most] = [median, min, max].map((value) => formatFigure(benchmark, value));
  return `${middle} (${least} to ${most}), ${runs.length}`;
}

export function formatFigure({ unit = 'ms' }: Pick<Benchmark, 'unit'>, value: number): string {
  if (unit === 'bytes') return `${(value / 1e6).toFixed(2)} MB`;
  if (unit === 'MB') return `${Math.round(value)} MB`;
  if (unit === 'per second') return `${Math.round(value)} per second`;
  return Math.abs(value) >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}
