/**
 * A map by path that notes what was put or taken away since it was last stored. Values are never changed in place:
 * one that changed is another object.
 */
export class StoredMap<T> extends Map<string, T> {
  #changed = new Set<string>();

  override set(path: string, value: T): this {
    // An undefined is no value of these maps.
    if (this.get(path) !== value) this.#changed.add(path);
    return super.set(path, value);
  }

  override delete(path: string): boolean {
    const was = super.delete(path);
    if (was) this.#changed.add(path);
    return was;
  }

  override clear(): void {
    for (const path of this.keys()) this.#changed.add(path);
    super.clear();
  }

  /** The paths that changed; from now on others are noted. */
  takeChanges(): ReadonlySet<string> {
    const changed = this.#changed;
    this.#changed = new Set();
    return changed;
  }

  /** They are not stored after all. */
  giveBack(changed: ReadonlySet<string>): void {
    for (const path of changed) this.#changed.add(path);
  }

  /** Takes in what is stored. */
  load(items: Iterable<readonly [path: string, value: T]>): void {
    for (const [path, value] of items) super.set(path, value);
  }

  /** Empties the map for what is stored. */
  unload(): void {
    super.clear();
    this.#changed = new Set();
  }
}
