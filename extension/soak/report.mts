import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { repository } from '../scripts/paths.mts';
import type { FigureRow, PartResult } from './partResult.mts';
import { summary } from './summary.mts';

/** A failure's counterexample and the command that repeats it come first. */
const maxFailureLines = 80;

/** Writes `bench/results/NAME.md`, and returns its path. */
export async function writeReport(
  name: string,
  { minutes, results }: { readonly minutes: number; readonly results: readonly PartResult[] },
): Promise<string> {
  const folder = join(repository, 'extension/bench/results');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${name}.md`);
  await writeFile(file, markdown(minutes, results));
  return file;
}

/** The time and the machine of a soak. */
export function machineLine(minutes: number): string {
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${minutes} minutes, on ${machine}, ${process.platform} ${process.arch}, Node ${process.version}.`;
}

function markdown(minutes: number, results: readonly PartResult[]): string {
  return [
    '# Soak',
    '',
    machineLine(minutes),
    '',
    '```',
    summary(results),
    '```',
    '',
    '| part | time | |',
    '|---|---|---|',
    ...results.map(({ name, seconds, failures }) => {
      return `| ${name} | ${Math.round(seconds)} s | ${failures.length === 0 ? 'no violation' : '**violated**'} |`;
    }),
    ...results.flatMap(partSection),
    '',
  ].join('\n');
}

function partSection({ name, figures, failures }: PartResult): string[] {
  return ['', `## ${name}`, ...figures.flatMap(figureTable), ...failures.flatMap(failureBlock)];
}

function figureTable({ name, figures }: FigureRow): string[] {
  const rows = Object.entries(figures).map(([key, value]) => `| ${key} | ${format(value)} |`);
  return ['', `| ${name} | |`, '|---|---|', ...rows];
}

function format(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString('en') : value.toFixed(2);
}

function failureBlock(output: string): string[] {
  const lines = stripVTControlCharacters(output).split('\n');
  const start = Math.max(
    0,
    lines.findIndex((line) => line.includes('Failed Tests')),
  );
  return ['', '```', ...lines.slice(start, start + maxFailureLines), '```'];
}
