import { expect, it } from 'vitest';
import { FileClock } from './fileClock';

const second = 1_000_000_000n;
const now = 1_800_000_000n * second;
const year = 31_536_000n * second;
const clock = new FileClock({ dev: 1n, startNs: now });

it.each([
  ['changed long ago', -year, -year, false],
  ['written a second ago', -second, -second, true],
  ['written since the reading', 60n * second, 60n * second, true],
  ['whose mtime was set back a second ago', -year, -second, true],
  ['whose mtime was set years ahead, long ago', 9n * year, -year, false],
  ['whose mtime was set years ahead a second ago', 9n * year, -second, true],
  ['on a disk whose ctime is that of its creation', -second, -year, true],
])('decides whether a file %s is racy', (_, mtime, ctime, racy) => {
  expect(clock.isRacy({ dev: 1n, mtimeNs: now + mtime, ctimeNs: now + ctime })).toBe(racy);
});
