import { describe, expect, it } from 'vitest';
import { byteSize, percent, plural, relativeTime } from './format';

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
  ])('%i ms read as %s', (elapsed, words) => {
    expect(relativeTime(new Date(now.getTime() - elapsed), now)).toBe(words);
  });

  it("take what another clock's lead puts ahead of us for just now", () => {
    expect(relativeTime(new Date(now.getTime() + 5 * hour), now)).toBe('just now');
  });
});

describe('figures', () => {
  it('count and size as a reader expects', () => {
    expect([plural(1, 'file'), plural(1234, 'file')]).toEqual(['1 file', '1,234 files']);
    expect([byteSize(1), byteSize(999), byteSize(1_400_000)]).toEqual(['1 byte', '999 bytes', '1.4 MB']);
    expect(percent(999, 1000)).toBe(99);
  });
});
