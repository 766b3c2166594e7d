import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { fileList } from './fileList';

const blockBytes = 2_048;

it('lists each name once, after ./', () => {
  const names = ['#a', ';b', ' c ', 'd\ne', 'ü/ö'];
  expect(fileList(names)).toBe(names.map((name) => `./${name}\0`).join(''));
});

it('lets no name reach into a third block of rsync, whatever the lengths', () => {
  const names = Array.from({ length: 2_000 }, () => 'ä'.repeat(randomInt(1, 2_046)));
  const list = Buffer.from(fileList(names));
  const found: string[] = [];
  for (let start = 0; start < list.length;) {
    const end = list.indexOf(0, start);
    if (end > start) {
      found.push(list.toString('utf8', start + 2, end));
      expect(Math.floor(end / blockBytes) - Math.floor(start / blockBytes)).toBeLessThan(2);
    }
    start = end + 1;
  }
  expect(found).toEqual(names);
});
