import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { repository } from '../scripts/paths.mts';
import { runCommand } from '../scripts/runCommand.mts';
import type { Result, Summary, Verdict, Work } from './measure.mts';
import type { Scale } from './stage.mts';

export interface Report {
  readonly scale: Scale;
  readonly machine: Machine;
  readonly results: readonly Result[];
  /** What ended without a figure. */
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
  readonly cachesDropped: boolean;
  readonly versions: readonly string[];
}

export async function describeMachine(cachesDropped: boolean): Promise<Machine> {
  const commands: [string, string[]][] = [
    ['rsync', ['--version']],
    ['git', ['--version']],
    ['unison', ['-version']],
    ['rclone', ['version']],
    ['ssh', ['-V']],
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
    cachesDropped,
    versions,
  };
}

/** Writes `bench/results/NAME.md` and `.json`, and answers where. */
export async function writeReport(name: string, report: Report): Promise<string> {
  const folder = join(repository, 'extension/bench/results');
  await mkdir(folder, { recursive: true });
  const base = join(folder, name);
  await writeFile(`${base}.md`, markdown(name, report));
  await writeFile(`${base}.json`, `${JSON.stringify(plain(report), undefined, 2)}\n`);
  return `${base}.md`;
}

function plain({ scale, machine, results, failures, seconds }: Report): object {
  const works = results.map(({ work, summaries, verdicts }) => {
    const { id, title, figure = 'ms', rounds } = work;
    return { id, title, figure, rounds, verdicts, contenders: summaries };
  });
  return { scale, machine, seconds: Math.round(seconds), works, failures };
}

function markdown(name: string, { machine, results, failures, seconds }: Report): string {
  const rows = results.map((result) => `| ${cells(result).join(' | ')} |`);
  const details = results.flatMap(({ work, summaries }) => {
    return summaries.map((summary) => `| ${work.title} | ${summary.name} | ${shownRange(work, summary)} |`);
  });
  const { cores, processor, memoryGiB, system, cachesDropped, versions } = machine;
  return [
    '# Bench',
    '',
    `${name}, in ${Math.round(seconds)} s, on ${cores} cores (${processor}), ${memoryGiB} GiB, ${system}.`,
    `Page cache ${cachesDropped ? 'dropped' : 'not dropped'} before what is to be cold. ${versions.join('; ')}.`,
    '',
    'A ratio is the median of Palmtree over the median of the other, in one run, in turns: below 1 is faster.',
    '',
    '| work | ratio or figure | target | | Palmtree | others |',
    '|---|---|---|---|---|---|',
    ...rows,
    ...failures.map(({ title, reason }) => `| ${title} | failed: ${reason.split('\n')[0]} | | | | |`),
    '',
    '## Each contender: median (least to most), rounds',
    '',
    '| work | contender | |',
    '|---|---|---|',
    ...details,
    '',
  ].join('\n');
}

function cells({ work, summaries, verdicts }: Result): string[] {
  const [ours, ...others] = summaries;
  return [
    work.title,
    verdicts.map((verdict) => shownVerdict(work, verdict)).join('<br>') || '',
    verdicts.map((verdict) => shownTarget(work, verdict)).join('<br>') || 'reported',
    verdicts.map(({ isMet }) => (isMet ? 'met' : '**missed**')).join('<br>'),
    ours === undefined ? '' : shown(work, ours.median),
    others.map((other) => `${other.name} ${shown(work, other.median)}`).join('<br>'),
  ];
}

export function shownVerdict(work: Work, { against, worst, value }: Verdict): string {
  if (worst !== undefined) return `${shown(worst, value)} ${worst.of}`;
  return against === undefined ? shown(work, value) : `${value.toFixed(2)}× ${against}`;
}

export function shownTarget(work: Work, { against, worst, most }: Verdict): string {
  return `≤ ${against === undefined ? shown(worst ?? work, most) : `${most}×`}`;
}

function shownRange(work: Work, { median, least, most, runs }: Summary): string {
  return `${shown(work, median)} (${shown(work, least)} to ${shown(work, most)}), ${runs.length}`;
}

export function shown({ unit = 'ms' }: Pick<Work, 'unit'>, value: number): string {
  if (unit === 'bytes') return `${(value / 1e6).toFixed(2)} MB`;
  if (unit === 'MB') return `${Math.round(value)} MB`;
  if (unit === 'per second') return `${Math.round(value)} a second`;
  return Math.abs(value) >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}
