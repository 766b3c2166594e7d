import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
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

it.each([
  ['an hour ago', -3_600n * second, true],
  ['two days ago', -172_800n * second, false],
  ["in the future, by this machine's clock", 9n * year, true],
])(
  'takes a file that changed %s on a disk whose clock is unknown for racy, unless it is long ago',
  (_, ctime, racy) => {
    const unknown = new FileClock({ dev: undefined, startNs: 0n }, now);
    expect(unknown.isRacy({ dev: 2n, mtimeNs: now - year, ctimeNs: now + ctime })).toBe(racy);
  },
);

it('reads the clock of a mounted disk, and leaves nothing there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'palmtree-clock-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const mounted = new FileClock({ dev: 1n, startNs: now });
  const { dev, ctimeNs } = statSync(folder, { bigint: true });
  const anHourAgo = ctimeNs - 3_600n * second;
  const isRacy = () => mounted.isRacy({ dev, mtimeNs: anHourAgo, ctimeNs: anHourAgo });
  expect(isRacy()).toBe(true);
  mounted.readMounted(folder, dev);
  expect(isRacy()).toBe(false);
  expect(readdirSync(folder)).toEqual([]);
});
