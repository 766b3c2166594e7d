/** The number of files that are inspected between two checks for the results of other threads. */
export const batchSize = 256;

/** The files that a scan's walk found and that nobody has taken for inspection yet. */
export class InspectionQueue {
  readonly #paths: string[] = [];
  /** The number of paths that were taken. They stay in `#paths`, for removing them would copy the rest. */
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
