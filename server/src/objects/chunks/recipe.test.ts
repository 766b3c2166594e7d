import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeRecipe, encodeRecipe } from './recipe';

test('a recipe returns the ids that it was made of, in their order', () => {
  const ids = fc.array(fc.integer({ min: 1, max: 2 ** 45 }));
  const property = fc.property(ids, (list) => {
    expect(decodeRecipe(encodeRecipe(list))).toEqual(list);
  });
  fc.assert(property);
});

test('a chunk takes one byte if its id follows that of the one before', () => {
  expect(encodeRecipe([1000, 1001, 1002, 1003])).toHaveLength(5);
});
