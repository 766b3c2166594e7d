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

/** `"a"`, with the quotation marks of the language. */
export function quoted(text: string): string {
  return l10n.t('"{0}"', text);
}

/** `1 file`, `2 files`. */
export function fileCount(count: number): string {
  return count === 1 ? l10n.t('1 file') : l10n.t('{0} files', formatNumber(count));
}

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** `1.4 MB`, in powers of 1000 as file managers show sizes. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let index = 0;
  while (value >= 1000 && index < units.length - 1) {
    value /= 1000;
    index++;
  }
  const digits = index === 0 ? 0 : 1;
  return new Intl.NumberFormat(env.language, {
    style: 'unit',
    unit: units[index] ?? 'byte',
    unitDisplay: index === 0 ? 'long' : 'short',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

/** `45 s`, `9 min`, `2 h 5 min`, rounded up. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return l10n.t('{0} s', formatNumber(whole));
  const minutes = Math.ceil(whole / 60);
  if (minutes < 60) return l10n.t('{0} min', formatNumber(minutes));
  return l10n.t('{0} h {1} min', formatNumber(Math.floor(minutes / 60)), formatNumber(minutes % 60));
}

/** `Nov 24, 2026, 1:05 PM`, in local time. */
export function formatDate(date: Date): string {
  return new Intl.DateTimeFormat(env.language, { dateStyle: 'medium', timeStyle: 'short' }).format(date);
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
