import type { PartResult } from './partResult.mts';

type Figures = Readonly<Record<string, number>>;

/** One line per part, to be pasted: what it did, how fast, and whether a promise was broken. */
export function summary(results: readonly PartResult[]): string {
  return results.map((result) => `${result.name.padEnd(5)}  ${verdict(result)}  ${contentOf(result)}`).join('\n');
}

function verdict({ failures }: PartResult): string {
  return failures.length === 0 ? 'no violation' : 'VIOLATED    ';
}

function contentOf({ name, figures, seconds }: PartResult): string {
  const rows = figures.map((row) => row.figures);
  const minutes = seconds / 60;
  if (name === 'load') return loadText(rows[0] ?? {});
  if (name === 'fuzz') return rate(sum(rows, 'runs'), 'inputs', minutes);
  const text = `${rate(sum(rows, 'runs'), 'sequences', minutes)}, ${rate(sum(rows, 'steps'), 'steps', minutes)}`;
  if (name === 'model') return `${text}, server crashes: ${count(sum(rows, 'serverCrashes'))}`;
  return `${text}, kills: ${count(sum(rows, 'client killed'))} of clients, ${count(serverKills(rows))} of the server`;
}

function loadText(figures: Figures): string {
  const figure = (key: string): number => figures[key] ?? Number.NaN;
  const refused = Object.entries(figures).filter(([key]) => key.startsWith('refused: '));
  return [
    `${count(figure('pushes'))} pushes (${figure('pushesPerSecond').toFixed(2)} a second)`,
    ...refused.map(([key, value]) => `${key.slice('refused: '.length)} ${count(value)}`),
    `errors ${count(figure('errors'))}`,
    `p50 ${seconds(figure('wholeMedianMs'))}, p99 ${seconds(figure('wholeP99Ms'))}`,
    `memory ${figure('memoryLastMiB').toFixed(0)} MiB, ${slope(figure('memoryMiBPerMinute'))} MiB a minute`,
    `descriptors ${figure('descriptorsLast').toFixed(0)}, ${slope(figure('descriptorsPerMinute'))} a minute`,
    `streams cut ${count(figure('streamsEnded'))}`,
    `${count(figure('contentsVerified'))} contents of ${count(figure('trees'))} trees verified, ${count(figure('damaged'))} damaged`,
  ].join('; ');
}

function serverKills(rows: readonly Figures[]): number {
  const outcomes = rows.flatMap((row) => Object.entries(row)).filter(([key]) => key.startsWith('server killed'));
  return outcomes.reduce((total, [, value]) => total + value, 0);
}

/** The sum over all processes and tests of the part. */
function sum(rows: readonly Figures[], key: string): number {
  return rows.reduce((total, row) => total + (row[key] ?? 0), 0);
}

function rate(value: number, unit: string, minutes: number): string {
  return `${count(value)} ${unit} (${count(Math.round(value / minutes))} a minute)`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function slope(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(2)}`;
}
