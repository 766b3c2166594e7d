import { createHash } from 'node:crypto';

/** Chances from a seed: the same seed gives the same ones everywhere. */
export class Random {
  readonly #seed: number;
  #drawn = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** At least 0 and less than `end`, whole. */
  below(end: number): number {
    return Math.floor(this.#next() * end);
  }

  /** True in a `share` (of 1) of all cases. */
  chance(share: number): boolean {
    return this.#next() < share;
  }

  pick<T>(list: readonly T[]): T | undefined {
    return list[this.below(list.length)];
  }

  /** Each as often as its weight says. */
  weighted<T>(list: readonly (readonly [weight: number, one: T])[]): T {
    let left = this.#next() * list.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, one] of list) {
      left -= weight;
      if (left < 0) return one;
    }
    throw new RangeError('nothing to pick from');
  }

  #next(): number {
    const digest = createHash('sha256').update(`${this.#seed}:${this.#drawn++}`).digest();
    return digest.readUInt32BE() / 2 ** 32;
  }
}
