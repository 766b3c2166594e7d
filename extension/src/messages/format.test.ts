import { env } from 'vscode';
import { afterEach, describe, expect, it } from 'vitest';
import {
  fileCount,
  formatBytes,
  formatDate,
  formatDuration,
  formatMilliseconds,
  formatNumber,
  formatPercent,
  formatRate,
  relativeTime,
} from './format';

const now = new Date('2026-11-24T12:00:00Z');
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

describe('relative times', () => {
  it.each([
    [0, 'just now'],
    [59_999, 'just now'],
    [minute, '1 minute ago'],
    [3 * minute + 59_000, '3 minutes ago'],
    [hour - 1, '59 minutes ago'],
    [hour, '1 hour ago'],
    [23 * hour, '23 hours ago'],
    [day, '1 day ago'],
    [6 * day, '6 days ago'],
    [7 * day, '1 week ago'],
    [29 * day, '4 weeks ago'],
    [31 * day, '1 month ago'],
    [300 * day, '9 months ago'],
    [366 * day, '1 year ago'],
    [800 * day, '2 years ago'],
  ])('%i ms are %s', (elapsed, text) => {
    expect(relativeTime(new Date(now.getTime() - elapsed), now)).toBe(text);
  });

  it('are "just now" for a future date, which a fast clock on another machine can cause', () => {
    expect(relativeTime(new Date(now.getTime() + 5 * hour), now)).toBe('just now');
  });
});

it.each([
  [-1, '0 sec'],
  [0.2, '1 sec'],
  [59.2, '1 min'],
  [61, '2 min'],
  [3_590, '1 hr 0 min'],
  [7_261, '2 hr 2 min'],
])('a duration of %d seconds is %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

describe('numbers', () => {
  afterEach(() => Object.assign(env, { language: 'en' }));

  it('appear in counts, sizes and percentages', () => {
    expect([fileCount(1), fileCount(1234)]).toEqual(['1 file', '1,234 files']);
    expect([formatBytes(1), formatBytes(999), formatBytes(1_400_000)]).toEqual(['1 byte', '999 bytes', '1.4 MB']);
    expect([formatRate(999), formatRate(1_450_000), formatMilliseconds(1234.5)]).toEqual([
      '999 byte/s',
      '1.5 MB/s',
      '1,235 ms',
    ]);
    expect([formatPercent(999, 1000), formatPercent(2, 1)]).toEqual(['99%', '100%']);
  });

  it('follow the language of the editor', () => {
    Object.assign(env, { language: 'de' });
    expect([formatNumber(1234), formatBytes(1_400_000)]).toEqual(['1.234', '1,4 MB']);
    expect([formatDuration(45), formatDuration(7_261)]).toEqual(['45 Sek.', '2 Std., 2 Min.']);
    expect([formatRate(1_400_000), formatMilliseconds(12)]).toEqual(['1,4 MB/s', '12 ms']);
    expect(relativeTime(new Date(now.getTime() - day), now)).toBe('vor 1 Tag');
    expect(formatDate(new Date(2026, 10, 24, 13, 5))).toBe('24.11.2026, 13:05');
  });
});
