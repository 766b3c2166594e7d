import { createHash } from 'node:crypto';

/** Random numbers from a seed. The same seed gives the same numbers on every machine. */
export class Random {
  readonly #seed: number;
  #count = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Returns an integer from 0 up to, but not including, `end`. */
  below(end: number): number {
    return Math.floor(this.#next() * end);
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  pick<T>(list: readonly T[]): T | undefined {
    return list[this.below(list.length)];
  }

  /** Picks a value with a probability in proportion to its weight. */
  weighted<T>(list: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.#next() * list.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of list) {
      left -= weight;
      if (left < 0) return value;
    }
    throw new RangeError('the list is empty');
  }

  #next(): number {
    const digest = createHash('sha256').update(`${this.#seed}:${this.#count++}`).digest();
    return digest.readUInt32BE() / 2 ** 32;
  }
}
