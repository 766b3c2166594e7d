import { stepSize, type CooperativeTask } from '../../core/cooperativeTask';
import { bucketOf } from './storeBuckets';

/**
 * A map by path that notes in which buckets something was put or taken away since it was last stored. Values are
 * never changed in place: one that changed is another object.
 */
export class StoredMap<T> extends Map<string, T> {
  /** Rises with each change. */
  version = 0;
  #changed = new Set<number>();

  override set(path: string, value: T): this {
    // An undefined is no value of these maps.
    if (this.get(path) !== value) this.#note(path);
    return super.set(path, value);
  }

  override delete(path: string): boolean {
    const was = super.delete(path);
    if (was) this.#note(path);
    return was;
  }

  override clear(): void {
    for (const path of this.keys()) this.#note(path);
    super.clear();
  }

  /** The buckets that changed; from now on others are noted. */
  takeChangedBuckets(): ReadonlySet<number> {
    const changed = this.#changed;
    this.#changed = new Set();
    return changed;
  }

  /** They are not stored after all. */
  markChanged(changed: ReadonlySet<number>): void {
    for (const bucket of changed) this.#changed.add(bucket);
  }

  /** All buckets in which something is. */
  *usedBucketsSteps(): CooperativeTask<ReadonlySet<number>> {
    const filled = new Set<number>();
    let looked = 0;
    for (const path of this.keys()) {
      filled.add(bucketOf(path));
      if (++looked % stepSize === 0) yield;
    }
    return filled;
  }

  /** Takes in what is stored, in the place of all that is here; the caller may pause after each step. */
  *loadSteps(items: Iterable<readonly [path: string, value: T]>): CooperativeTask<void> {
    super.clear();
    this.version++;
    this.#changed = new Set();
    let taken = 0;
    for (const [path, value] of items) {
      super.set(path, value);
      if (++taken % stepSize === 0) yield;
    }
  }

  #note(path: string): void {
    this.version++;
    this.#changed.add(bucketOf(path));
  }
}
