import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { bucketOf } from './storeBuckets';

/**
 * A map by path that records which buckets changed since the last save. Values are immutable, so a change is another
 * object.
 */
export class StoredMap<T> extends Map<string, T> {
  /** Rises with each change. */
  version = 0;
  #changedBuckets = new Set<number>();

  override set(path: string, value: T): this {
    // These maps never contain undefined.
    if (this.get(path) !== value) this.#recordChange(path);
    return super.set(path, value);
  }

  override delete(path: string): boolean {
    const existed = super.delete(path);
    if (existed) this.#recordChange(path);
    return existed;
  }

  override clear(): void {
    for (const path of this.keys()) this.#recordChange(path);
    super.clear();
  }

  /** Returns the buckets that changed, and begins a new record. */
  takeChangedBuckets(): ReadonlySet<number> {
    const changed = this.#changedBuckets;
    this.#changedBuckets = new Set();
    return changed;
  }

  /** Records again the buckets of a save that failed. */
  markChanged(buckets: ReadonlySet<number>): void {
    for (const bucket of buckets) this.#changedBuckets.add(bucket);
  }

  /** The buckets that contain a value. */
  *usedBucketsSteps(): CooperativeTask<ReadonlySet<number>> {
    const used = new Set<number>();
    let count = 0;
    for (const path of this.keys()) {
      used.add(bucketOf(path));
      if (++count % stepSize === 0) yield;
    }
    return used;
  }

  /** Replaces all values with `items`, which are on the disk already. */
  *loadSteps(items: Iterable<readonly [path: string, value: T]>): CooperativeTask<void> {
    super.clear();
    this.version++;
    this.#changedBuckets = new Set();
    let count = 0;
    for (const [path, value] of items) {
      super.set(path, value);
      if (++count % stepSize === 0) yield;
    }
  }

  #recordChange(path: string): void {
    this.version++;
    this.#changedBuckets.add(bucketOf(path));
  }
}
