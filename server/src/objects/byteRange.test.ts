import { expect, test } from 'vitest';
import { byteRange } from './byteRange';

const part = (start: number, end: number) => ({ start, end });

test.each([
  ['bytes=0-0', part(0, 1)],
  ['bytes=2-5', part(2, 6)],
  ['bytes=9-9', part(9, 10)],
  ['bytes=4-', part(4, 10)],
  ['bytes=4-400', part(4, 10)],
  ['bytes=-3', part(7, 10)],
  ['bytes=-30', part(0, 10)],
  ['Bytes= 1-2 ', part(1, 3)],
  ['bytes=10-', 'unsatisfiable'],
  ['bytes=10-12', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  [`bytes=${'9'.repeat(400)}-`, 'unsatisfiable'],
  ['bytes=5-2', undefined],
  ['bytes=-', undefined],
  ['bytes=0-1,3-4', undefined],
  ['lines=1-2', undefined],
  ['', undefined],
  [undefined, undefined],
])('the header %j requests %j of ten bytes', (header, expected) => {
  expect(byteRange(header, 10)).toEqual(expected);
});

test('no range of an empty file is satisfiable', () => {
  expect(byteRange('bytes=0-', 0)).toBe('unsatisfiable');
  expect(byteRange('bytes=-5', 0)).toBe('unsatisfiable');
  expect(byteRange(undefined, 0)).toBeUndefined();
});
