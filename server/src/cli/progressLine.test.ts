import { expect, test } from 'vitest';
import { progressText } from './progressLine';

test('a progress has the share, the bytes, the speed of the last seconds and the time left', () => {
  const samples = [
    { ms: 1_000, bytes: 100e6 },
    { ms: 3_000, bytes: 300e6 },
  ];
  expect(progressText(300e6, 1.2e9, samples)).toBe('25 %, 300 MB of 1.20 GB, 100 MB/s, 9 s left');
  expect(progressText(300e6, 50e9, samples)).toBe('0 %, 300 MB of 50.0 GB, 100 MB/s, 9 min left');
  expect(progressText(300e6, 1e12, samples)).toBe('0 %, 300 MB of 1.00 TB, 100 MB/s, 2 h 47 min left');
});

test('a progress leaves out what it cannot know', () => {
  expect(progressText(5, 10, [])).toBe('50 %, 5 B of 10 B');
  expect(progressText(5, undefined, [])).toBe('5 B');
  expect(progressText(0, 0, [])).toBe('100 %, 0 B of 0 B');
});
