/**
 * Announces that a tree may have new revisions, which the listener then reads from the database. So one notice may mean
 * several commits or none, and another implementation may carry notices between processes.
 */
export interface RevisionNotices {
  announce(treeId: number): void;
  /** Calls `onNotice` at each announcement. Returns a function that stops this. */
  listen(treeId: number, onNotice: () => void): () => void;
}

/** Notices within one process, which is enough because a data folder has one server. */
export class LocalNotices implements RevisionNotices {
  readonly #listeners = new Map<number, Set<() => void>>();

  /** The number of listeners. */
  get size(): number {
    return [...this.#listeners.values()].reduce((sum, listeners) => sum + listeners.size, 0);
  }

  announce(treeId: number): void {
    for (const onNotice of this.#listeners.get(treeId) ?? []) onNotice();
  }

  listen(treeId: number, onNotice: () => void): () => void {
    const listeners = this.#listeners.get(treeId) ?? new Set();
    this.#listeners.set(treeId, listeners.add(onNotice));
    return () => {
      listeners.delete(onNotice);
      if (listeners.size === 0 && this.#listeners.get(treeId) === listeners) this.#listeners.delete(treeId);
    };
  }
}
