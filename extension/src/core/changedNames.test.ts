import { expect, it } from 'vitest';
import { bothNames, changedNames } from './changedNames';
import { entry } from './testing/fixtures';

const added = (path: string) => ({ path, from: undefined, to: entry(path, path) });
const deleted = (path: string) => ({ path, from: entry(path, path), to: undefined });

it('names the first paths of each kind, and a renamed file once', () => {
  const changes = [...['a', 'b', 'c', 'd', 'new'].map(added), deleted('gone'), deleted('old')];
  expect(changedNames(changes, [{ from: 'old', to: 'new' }])).toEqual({
    written: ['a', 'b', 'c'],
    deleted: ['gone'],
    renamed: ['new'],
  });
});

it('joins the names of two transfers, and names no more than of one', () => {
  const one = changedNames([added('a'), added('b')], []);
  const other = changedNames([added('c'), added('d'), deleted('e')], []);
  expect(bothNames(one, other)).toEqual({ written: ['a', 'b', 'c'], deleted: ['e'], renamed: [] });
});
