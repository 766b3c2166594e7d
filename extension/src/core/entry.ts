/** One path's state, as far as both sides have to agree on it. `mtimeNs` is nanoseconds since the epoch. */
export interface Entry {
  readonly path: string;
  readonly kind: 'file' | 'symlink';
  /** Bytes of content; of a symlink, bytes of its target. */
  readonly size: number;
  readonly mtimeNs: bigint;
  /** The permission bits. */
  readonly mode: number;
  /** Lower-case hex SHA-256 of the content, or of the link's target. */
  readonly hash: string;
  /** Present exactly when kind is symlink. */
  readonly target?: string;
}

/** All entries of one side, by path. */
export type FileTable = ReadonlyMap<string, Entry>;

/** Invariant: contents alone decide; an mtime that drifted is never a change. */
export function sameContent(a: Entry, b: Entry): boolean {
  return a.kind === b.kind && a.hash === b.hash;
}

/**
 * A copy of what an entry says, with some of it changed.
 * Invariant: entries are never spread: one from a store looks into its columns only when it is asked, and has nothing of
 * its own to copy.
 */
export function entryWith(
  { path, kind, size, mtimeNs, mode, hash, target }: Entry,
  changes: Partial<Entry> = {},
): Entry {
  return { path, kind, size, mtimeNs, mode, hash, ...(target === undefined ? {} : { target }), ...changes };
}

/** Same content and permissions: nothing to carry over. A symlink has no permissions of its own. */
export function sameEntry(a: Entry | undefined, b: Entry | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  return sameContent(a, b) && (a.kind === 'symlink' || a.mode === b.mode);
}
