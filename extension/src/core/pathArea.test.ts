import { expect, it } from 'vitest';
import { atOrIn } from './pathArea';

it('has the paths themselves and all that is in them, and no other path with the same beginning', () => {
  const area = atOrIn(['notes', 'data/a.csv']);
  const paths = ['notes', 'notes/a.md', 'notes/deep/b.md', 'data/a.csv', 'notesy/c.md', 'data', 'data/a.csv.bak', 'x'];
  expect(paths.filter((path) => area.has(path))).toEqual(['notes', 'notes/a.md', 'notes/deep/b.md', 'data/a.csv']);
});

it('has every path if the root is the whole folder', () => {
  expect(atOrIn(['']).has('any/path')).toBe(true);
});
