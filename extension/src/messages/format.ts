import { env, l10n } from 'vscode';

/** `1,234`, in the language of the editor. */
export function formatNumber(value: number): string {
  return new Intl.NumberFormat(env.language).format(value);
}

/** `25%`, rounded down and never above 100%. */
export function formatPercent(part: number, whole: number): string {
  return new Intl.NumberFormat(env.language, { style: 'percent' }).format(percent(part, whole) / 100);
}

/** Whole percent, rounded down and never above 100. */
export function percent(part: number, whole: number): number {
  return Math.min(100, Math.floor((part * 100) / whole));
}

/** The parts that are not empty, with `separator` between them. */
export function joined(separator: string, ...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(separator);
}

/** `a, b, c`, with the commas of the language. Leaves out empty parts. */
export function commaList(parts: readonly string[]): string {
  const [first = '', ...others] = parts.filter((part) => part !== '');
  return others.reduce((list, part) => l10n.t('{0}, {1}', list, part), first);
}

/** `First. Second.`: sentences one after the other, without the empty ones. Some languages put no space between them. */
export function sentences(...all: readonly string[]): string {
  const [first = '', ...others] = all.filter((sentence) => sentence !== '');
  return others.reduce((text, sentence) => l10n.t('{0} {1}', text, sentence), first);
}

/** `text (detail)`, with the parentheses of the language. */
export function withDetail(text: string, detail: string): string {
  return l10n.t('{0} ({1})', text, detail);
}

/** `"a"`, with the quotation marks of the language. */
export function quoted(text: string): string {
  return l10n.t('"{0}"', text);
}

/** `“a”`, for words of another person. */
export function cited(text: string): string {
  return l10n.t('“{0}”', text);
}

/** `1 file`, `2 files`. */
export function fileCount(count: number): string {
  return count === 1 ? l10n.t('1 file') : l10n.t('{0} files', formatNumber(count));
}

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** `1.4 MB`, in powers of 1000 as file managers show sizes. */
export function formatBytes(bytes: number): string {
  const { value, index } = scaled(bytes);
  return index === 0
    ? formatUnit(value, 'byte', { display: 'long' })
    : formatUnit(value, units[index] ?? 'byte', { digits: 1 });
}

/** The number of bytes in the largest of `units` of which there is a whole one. */
function scaled(bytes: number): { readonly value: number; readonly index: number } {
  let value = bytes;
  let index = 0;
  while (value >= 1000 && index < units.length - 1) {
    value /= 1000;
    index++;
  }
  return { value, index };
}

/** `1.4 MB/s`. */
export function formatRate(bytesPerSecond: number): string {
  const { value, index } = scaled(Math.round(bytesPerSecond));
  return formatUnit(value, `${units[index] ?? 'byte'}-per-second`, { digits: index === 0 ? 0 : 1 });
}

/** `45 sec`, `9 min`, `2 hr 5 min`, rounded up. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return formatUnit(whole, 'second');
  const minutes = Math.ceil(whole / 60);
  if (minutes < 60) return formatUnit(minutes, 'minute');
  const parts = [formatUnit(Math.floor(minutes / 60), 'hour'), formatUnit(minutes % 60, 'minute')];
  return new Intl.ListFormat(env.language, { type: 'unit', style: 'narrow' }).format(parts);
}

/** `12 ms`. */
export function formatMilliseconds(ms: number): string {
  return formatUnit(Math.round(ms), 'millisecond');
}

interface UnitFormat {
  readonly digits?: number;
  readonly display?: 'short' | 'long';
}

function formatUnit(value: number, unit: string, { digits = 0, display = 'short' }: UnitFormat = {}): string {
  return new Intl.NumberFormat(env.language, {
    style: 'unit',
    unit,
    unitDisplay: display,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

/** `Nov 24, 2026, 1:05 PM`, in local time. */
export function formatDate(date: Date): string {
  return new Intl.DateTimeFormat(env.language, { dateStyle: 'medium', timeStyle: 'short' }).format(date);
}

/** `Nov 24, 2026`, in local time. */
export function formatDay(date: Date): string {
  return new Intl.DateTimeFormat(env.language, { dateStyle: 'medium' }).format(date);
}

const spans = [
  { unit: 'year', seconds: 31_557_600 },
  { unit: 'month', seconds: 2_629_800 },
  { unit: 'week', seconds: 604_800 },
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3_600 },
  { unit: 'minute', seconds: 60 },
] as const;

/** `3 minutes ago`, rounded down; `just now` within a minute, and for a future date, which another clock may have set. */
export function relativeTime(date: Date, now: Date): string {
  const seconds = (now.getTime() - date.getTime()) / 1000;
  const span = spans.find((each) => seconds >= each.seconds);
  if (span === undefined) return l10n.t('just now');
  const elapsed = Math.floor(seconds / span.seconds);
  return new Intl.RelativeTimeFormat(env.language, { numeric: 'always' }).format(-elapsed, span.unit);
}
