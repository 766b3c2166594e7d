import { expect, test } from 'vitest';
import { keptRevisions, type DatedRevision } from './keptRevisions';
import { parseDuration, policyText, type Policy } from './policy';

const now = new Date('2026-06-30T12:00:00Z');

/** Revisions at these times, the oldest first, with numbers from 1. */
function revisionsAt(...times: readonly string[]): DatedRevision[] {
  return times.map((time, index) => ({ number: index + 1, at: Date.parse(time) })).reverse();
}

function kept(policy: Policy, ...times: readonly string[]): number[] {
  return [...keptRevisions(revisionsAt(...times), policy, now)].sort((a, b) => a - b);
}

const threeADay = ['2026-06-01', '2026-06-02', '2026-06-03'].flatMap((day) =>
  ['01', '09', '23'].map((hour) => `${day}T${hour}:30:00Z`),
);

test.each<[Policy, readonly string[], readonly number[]]>([
  [{ last: 2 }, threeADay, [8, 9]],
  [{ daily: 2 }, threeADay, [6, 9]],
  // The oldest revision stays while the count is not used up.
  [{ daily: 30 }, threeADay, [1, 3, 6, 9]],
  [{ hourly: 1 }, ['2026-06-01T10:05:00Z', '2026-06-01T10:55:00Z', '2026-06-01T11:00:00Z'], [3]],
  // Sunday, Monday, the next Monday.
  [
    { weekly: 2 },
    ['2026-05-31T00:00:00Z', '2026-06-01T00:00:00Z', '2026-06-07T23:59:00Z', '2026-06-08T00:00:00Z'],
    [3, 4],
  ],
  // One week reaches into two years.
  [{ weekly: 1 }, ['2025-12-28T12:00:00Z', '2025-12-31T12:00:00Z', '2026-01-02T12:00:00Z'], [3]],
  [
    { monthly: 2 },
    ['2026-04-30T12:00:00Z', '2026-05-01T12:00:00Z', '2026-05-31T12:00:00Z', '2026-06-01T12:00:00Z'],
    [3, 4],
  ],
  [
    { yearly: 5 },
    ['2024-01-01T00:00:00Z', '2024-06-01T00:00:00Z', '2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
    [1, 2, 3, 4],
  ],
  // It counts from the newest revision, not from now: a tree without pushes keeps what it has.
  [{ within: '1d' }, ['2020-01-01T00:00:00Z', '2020-01-03T00:00:00Z', '2020-01-03T12:00:00Z'], [2, 3]],
  [{ within: '1m1d' }, ['2026-04-30T00:00:00Z', '2026-05-30T00:00:00Z', '2026-06-30T00:00:00Z'], [2, 3]],
  [{ within: '36h' }, ['2026-06-28T11:59:00Z', '2026-06-28T12:01:00Z', '2026-06-30T00:00:00Z'], [2, 3]],
  // A clock that was ahead must not make everything else look old.
  [{ within: '7d' }, ['2026-06-29T00:00:00Z', '2026-06-30T00:00:00Z', '2031-01-01T00:00:00Z'], [1, 2, 3]],
  // Any rule keeps.
  [{ last: 1, daily: 2 }, threeADay, [6, 9]],
  [{ within: '10h', monthly: 1 }, threeADay, [9]],
  [{ within: '15h', yearly: 1 }, threeADay, [8, 9]],
])('%o keeps of %o the revisions %o', (policy, times, expected) => {
  expect(kept(policy, ...times)).toEqual(expected);
});

test('the newest revision stays, and a tree without revisions has none', () => {
  expect(kept({ within: '1h' }, '2031-01-01T00:00:00Z')).toEqual([1]);
  expect(kept({ last: 5 })).toEqual([]);
});

test('a duration has years, months, days and hours in this order', () => {
  expect(parseDuration('1y5m7d2h')).toEqual({ years: 1, months: 5, days: 7, hours: 2 });
  expect(['', '0d', '5', '7d1m', '-1d', '1.5d', '1w'].map(parseDuration)).toEqual(Array(7).fill(undefined));
  expect(policyText({ within: '90d', daily: 30, last: 2 })).toBe('within 90d, last 2, daily 30');
});
