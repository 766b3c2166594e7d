/** The speed is an average over this time, in milliseconds. */
const windowMs = 5_000;
/** A shorter time says nothing about the speed. */
const leastMs = 500;

interface Sample {
  readonly ms: number;
  readonly bytes: number;
}

/** The speed of a transfer over the last seconds. */
export class TransferRate {
  #samples: Sample[] = [];

  /**
   * Adds the sum of the bytes so far, at a time in milliseconds of any steady clock. Returns the bytes per second; undefined as
   * long as they are not known. Fewer bytes than before begin another attempt.
   */
  add(bytes: number, ms: number): number | undefined {
    if (bytes < (this.#samples.at(-1)?.bytes ?? 0)) this.#samples = [];
    this.#samples = [...this.#samples.filter((sample) => ms - sample.ms < windowMs), { ms, bytes }];
    const first = this.#samples[0];
    if (first === undefined || ms - first.ms < leastMs || bytes === first.bytes) return undefined;
    return (1000 * (bytes - first.bytes)) / (ms - first.ms);
  }
}
