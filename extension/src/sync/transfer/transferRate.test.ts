import { expect, it } from 'vitest';
import { TransferRate } from './transferRate';

it('is the speed of the last seconds', () => {
  const rate = new TransferRate();
  expect(rate.add(0, 0)).toBeUndefined();
  for (let second = 1; second < 10; second++) rate.add(second < 5 ? 0 : (second - 5) * 2_000_000, second * 1_000);
  expect(rate.add(10_000_000, 10_000)).toBe(2_000_000);
});

it('is not known while nothing moves', () => {
  const rate = new TransferRate();
  rate.add(5, 0);
  expect(rate.add(5, 4_000)).toBeUndefined();
});

it('is measured anew in another attempt', () => {
  const rate = new TransferRate();
  rate.add(0, 0);
  expect(rate.add(9_000_000, 1_000)).toBe(9_000_000);
  expect(rate.add(0, 2_000)).toBeUndefined();
  expect(rate.add(1_000_000, 3_000)).toBe(1_000_000);
});
