import { expect, it } from 'vitest';
import { limitTo } from './apiValues';

it('limits a transfer to the paths that were meant, and refuses others', () => {
  const { only } = limitTo(['figures/', './plan.md']);
  const has = ['figures/1.png', 'plan.md', 'other.md'].map((path) => only?.has(path));
  expect(has).toEqual([true, true, false]);
  expect(limitTo(undefined).only).toBeUndefined();
  expect(() => limitTo(['../other'])).toThrow(expect.objectContaining({ code: 'not_in_folder' }));
});
