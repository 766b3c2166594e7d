import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { leastSquares, type Sample } from './leastSquares';

export interface MemoryTrend {
  /** The bytes by which the fitted line rises from the end of the warm-up to the last sample. */
  readonly growthBytes: number;
  readonly bytesPerUnit: number;
}

/** Samples this process's heap after a collection, and tells whether it grows. */
export class MemoryWatch {
  readonly #samples: Sample[] = [];
  readonly #collect: () => void;

  constructor() {
    setFlagsFromString('--expose-gc');
    this.#collect = runInNewContext('gc') as () => void;
  }

  /** `at` counts the work so far, in any unit. */
  sample(at: number): void {
    this.#collect();
    this.#samples.push({ x: at, y: process.memoryUsage().heapUsed });
  }

  /** The first quarter of the samples is the warm-up: code is compiled and caches fill. */
  trend(): MemoryTrend {
    const counted = this.#samples.slice(Math.floor(this.#samples.length / 4));
    const { slope } = leastSquares(counted);
    const span = (counted.at(-1)?.x ?? 0) - (counted[0]?.x ?? 0);
    return { growthBytes: slope * span, bytesPerUnit: slope };
  }
}
