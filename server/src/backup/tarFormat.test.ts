import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/temporaryFolder';
import { parseTarHeader, tarEnd, tarHeader, tarPadding } from './tarFormat';

test.each([0, 1, 511, 512, 0o77777777777, 0o77777777777 + 1, 2 ** 45])('a header keeps a size of %d bytes', (size) => {
  const header = tarHeader({ name: 'objects/x', size }, new Date(0));
  expect(parseTarHeader(header)).toEqual({ name: 'objects/x', size });
  expect((size + tarPadding(size).length) % 512).toBe(0);
});

test('any changed bit of a header is noticed', () => {
  const header = tarHeader({ name: 'objects/x', size: 7 }, new Date(0));
  for (let bit = 0; bit < header.length * 8; bit++) {
    const changed = Buffer.from(header);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    // The end of the checksum is a terminator, which may be a space or a NUL.
    if (bit >> 3 < 154 || bit >> 3 > 155) expect(parseTarHeader(changed)).toBeUndefined();
  }
  expect(parseTarHeader(tarEnd.subarray(0, 512))).toBe('end');
});

test('tar lists and extracts the archive', () => {
  const folder = temporaryFolder();
  const content = Buffer.from('content');
  const header = tarHeader({ name: 'objects/x', size: content.length }, new Date(0));
  writeFileSync(join(folder, 'x.tar'), Buffer.concat([header, content, tarPadding(content.length), tarEnd]));
  const tar = (...args: string[]) => execFileSync('tar', [...args, '-f', 'x.tar'], { cwd: folder, encoding: 'utf8' });
  expect(tar('-t')).toBe('objects/x\n');
  expect(tar('-x', '-O')).toBe('content');
});
