import { readFileSync, readdirSync } from 'node:fs';
import { leastSquares, type Sample } from '../model/leastSquares';

/** A figure of a process over time. */
export interface Trend {
  /** The value that the fitted line has at the end of the warm-up, and at the end. */
  readonly first: number;
  readonly last: number;
  readonly perMinute: number;
}

/** Samples the memory and the descriptors of a process. Linux only. */
export class ProcessWatch {
  readonly #pid: number;
  readonly #memory: Sample[] = [];
  readonly #descriptors: Sample[] = [];
  readonly #began = performance.now();

  constructor(pid: number) {
    this.#pid = pid;
  }

  sample(): void {
    const x = (performance.now() - this.#began) / 60_000;
    const status = readFileSync(`/proc/${this.#pid}/status`, 'utf8');
    this.#memory.push({ x, y: Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024 });
    this.#descriptors.push({ x, y: readdirSync(`/proc/${this.#pid}/fd`).length });
  }

  /** In MiB of resident memory. The first third is the warm-up: caches fill, and code is compiled. */
  get memory(): Trend {
    return trendOf(this.#memory);
  }

  get descriptors(): Trend {
    return trendOf(this.#descriptors);
  }
}

function trendOf(samples: readonly Sample[]): Trend {
  const counted = samples.slice(Math.floor(samples.length / 3));
  const { slope, intercept } = leastSquares(counted);
  const at = (sample: Sample | undefined): number => intercept + slope * (sample?.x ?? 0);
  return { first: at(counted[0]), last: at(counted.at(-1)), perMinute: slope };
}
