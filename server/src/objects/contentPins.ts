/**
 * The contents that live sessions rely on, whether or not a revision has them.
 * Invariant: a session pins a content before it looks whether that is stored, and until the content has a revision, a link
 * in the session's folder, or no more use. So a content that has neither a revision nor a pin belongs to nothing,
 * however young its object is.
 */
export class ContentPins {
  readonly #hashes = new Map<string, string[]>();
  /** The number of pins of a hash. */
  readonly #counts = new Map<string, number>();

  /** `id` is the session's. */
  pin(id: string, hashes: Iterable<string>): void {
    const pinned = this.#hashes.get(id) ?? [];
    this.#hashes.set(id, pinned);
    for (const hash of hashes) {
      pinned.push(hash);
      this.#counts.set(hash, (this.#counts.get(hash) ?? 0) + 1);
    }
  }

  unpin(id: string): void {
    for (const hash of this.#hashes.get(id) ?? []) {
      const count = (this.#counts.get(hash) ?? 0) - 1;
      if (count > 0) this.#counts.set(hash, count);
      else this.#counts.delete(hash);
    }
    this.#hashes.delete(id);
  }

  has(hash: string): boolean {
    return this.#counts.has(hash);
  }
}
