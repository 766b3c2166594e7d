/**
 * Tells that a tree has new revisions, and not which: who is told reads them. So a notice may stand for several
 * commits or for none, and come from another process as well as from this one.
 */
export interface RevisionNotices {
  announce(treeId: number): void;
  /** Calls `notice` at each announcement, until the function that it returns is called. */
  listen(treeId: number, notice: () => void): () => void;
}

/** For the one server process of a data folder. */
export class LocalNotices implements RevisionNotices {
  readonly #listeners = new Map<number, Set<() => void>>();

  get size(): number {
    return [...this.#listeners.values()].reduce((sum, listeners) => sum + listeners.size, 0);
  }

  announce(treeId: number): void {
    for (const notice of this.#listeners.get(treeId) ?? []) notice();
  }

  listen(treeId: number, notice: () => void): () => void {
    const listeners = this.#listeners.get(treeId) ?? new Set();
    this.#listeners.set(treeId, listeners.add(notice));
    return () => {
      listeners.delete(notice);
      if (listeners.size === 0 && this.#listeners.get(treeId) === listeners) this.#listeners.delete(treeId);
    };
  }
}
