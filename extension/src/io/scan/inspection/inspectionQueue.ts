/** The number of files that a thread inspects at a time. */
export const batchSize = 256;

/** The files that the walk of a scan found, in the order in which threads take them for inspection. */
export class InspectionQueue {
  readonly #paths: string[] = [];
  /** The number of paths taken so far. They stay in `#paths`, because removing them would copy the others. */
  #taken = 0;

  get length(): number {
    return this.#paths.length - this.#taken;
  }

  add(path: string): void {
    this.#paths.push(path);
  }

  /** Takes the next batch, which is empty if the queue is. */
  take(): readonly string[] {
    const from = this.#taken;
    this.#taken = Math.min(from + batchSize, this.#paths.length);
    return this.#paths.slice(from, this.#taken);
  }
}
