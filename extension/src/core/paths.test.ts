import { expect, it } from 'vitest';
import { compareNaturally } from './paths';

it.each([
  [
    ['file-10', 'file-2', 'file-0', 'file-1'],
    ['file-0', 'file-1', 'file-2', 'file-10'],
  ],
  [
    ['a/10.md', 'a/9.md', 'a.md', 'a/b'],
    ['a.md', 'a/9.md', 'a/10.md', 'a/b'],
  ],
  [
    ['v1.10', 'v1.9', 'v1.9.1', 'v01.9'],
    ['v01.9', 'v1.9', 'v1.9.1', 'v1.10'],
  ],
  [
    ['2026-11-02', '2026-2-03', '999'],
    ['999', '2026-2-03', '2026-11-02'],
  ],
  [
    ['x99999999999999999999', 'x100000000000000000000', 'x'],
    ['x', 'x99999999999999999999', 'x100000000000000000000'],
  ],
  [
    ['ä', 'z', '', 'A', 'a'],
    ['', 'A', 'a', 'z', 'ä'],
  ],
])('orders %j as people do', (paths, ordered) => {
  expect([...paths].sort(compareNaturally)).toEqual(ordered);
  expect([...paths].reverse().sort(compareNaturally)).toEqual(ordered);
});
