import { expect, it } from 'vitest';
import { cutToWidth } from './displayWidth';

it.each([
  ['plan.md', 4, 'plan'],
  ['plan.md', 9, 'plan.md'],
  ['設計図.md', 5, '設計'],
  ['ｐlan', 3, 'ｐl'],
  ['한글', 3, '한'],
  ['a👍b', 3, 'a👍'],
  ['a👍b', 2, 'a'],
  ['❤️b', 2, '❤️'],
  ['e\u0301te\u0301', 2, 'e\u0301t'],
  ['', 3, ''],
])('cuts "%s" to %d columns of a terminal', (text, columns, shown) => {
  expect(cutToWidth(text, columns)).toBe(shown);
});
