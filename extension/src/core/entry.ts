/** The state of one path that local and remote compare. */
export interface Entry {
  readonly path: string;
  readonly kind: 'file' | 'symlink';
  /** Bytes of the content, or of a symlink's target. */
  readonly size: number;
  /** Nanoseconds since the epoch. */
  readonly mtimeNs: bigint;
  /** The permission bits. */
  readonly mode: number;
  /** Lower-case hex SHA-256 of the content, or of a symlink's target. */
  readonly hash: string;
  /** Present if and only if the entry is a symlink. */
  readonly target?: string;
}

/** All entries of one side, by path. */
export type FileTable = ReadonlyMap<string, Entry>;

/** Whether both have the same kind and content. Invariant: a different mtime alone is never a change. */
export function sameContent(a: Entry, b: Entry): boolean {
  return a.kind === b.kind && a.hash === b.hash;
}

/**
 * A copy of an entry with `changes`. Drops the stats of an observation, which describe a file on one disk.
 * Invariant: entries are never spread. An entry from the store reads its fields from shared columns by getters, which a
 * spread would not copy.
 */
export function entryWith(
  { path, kind, size, mtimeNs, mode, hash, target }: Entry,
  changes: Partial<Entry> = {},
): Entry {
  return { path, kind, size, mtimeNs, mode, hash, ...(target === undefined ? {} : { target }), ...changes };
}

/** Whether the entries have the same content and permissions, or both are absent. Symlinks have no permissions. */
export function sameEntry(a: Entry | undefined, b: Entry | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  return sameContent(a, b) && (a.kind === 'symlink' || a.mode === b.mode);
}
