/** `1 file`, `2 files`. */
export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** `1.4 MB`, in powers of 1000 as file managers have it. */
export function byteSize(bytes: number): string {
  const units = ['', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? plural(bytes, 'byte') : `${value.toFixed(1)} ${units[unit]}`;
}

/** Whole percents, and never 101. */
export function percent(part: number, whole: number): number {
  return Math.min(100, Math.floor((part * 100) / whole));
}

const spans = [
  { unit: 'year', seconds: 31_557_600 },
  { unit: 'month', seconds: 2_629_800 },
  { unit: 'week', seconds: 604_800 },
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3_600 },
  { unit: 'minute', seconds: 60 },
] as const;

let ago: Intl.RelativeTimeFormat | undefined;

/** `3 minutes ago`, rounded down. What is less than a minute ago, or ahead by another clock, is `just now`. */
export function relativeTime(from: Date, now: Date): string {
  const seconds = (now.getTime() - from.getTime()) / 1000;
  const span = spans.find((each) => seconds >= each.seconds);
  return span === undefined
    ? 'just now'
    : (ago ??= new Intl.RelativeTimeFormat('en', { numeric: 'always' })).format(
        -Math.floor(seconds / span.seconds),
        span.unit,
      );
}
