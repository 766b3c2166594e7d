import { entryWith, type Entry, type FileTable } from './entry';
import { parentFolders } from './paths';

export const openMask = 0o777;
const groupAccess = 0o050;
const othersAccess = 0o005;

/** The permission bits that a folder of this mode leaves to what is in it: without r and x, nobody gets at a file. */
export function maskOf(folderMode: number): number {
  const group = (folderMode & groupAccess) === groupAccess ? 0o070 : 0;
  const others = (folderMode & othersAccess) === othersAccess ? 0o007 : 0;
  return 0o700 | group | others;
}

/** The folders of this disk that keep the group or others from the files in them. */
export class FolderMasks {
  readonly #masks = new Map<string, number>();

  get isEmpty(): boolean {
    return this.#masks.size === 0;
  }

  /**
   * Replaces the masks by those that a scan found: all, or those of the folders that a partial scan visited. Returns whether
   * they changed.
   */
  replace(found: ReadonlyMap<string, number>, isPartial: boolean): boolean {
    const before = this.#text();
    if (!isPartial) this.#masks.clear();
    for (const [folder, mask] of found) {
      if (mask === openMask) this.#masks.delete(folder);
      else this.#masks.set(folder, mask);
    }
    return this.#text() !== before;
  }

  #text(): string {
    const lines = [...this.#masks].map(([folder, mask]) => `${mask} ${folder}`);
    return lines.sort().join('\0');
  }

  /** The bits that all folders above `path` leave to it. */
  at(path: string): number {
    let mask = openMask;
    if (this.isEmpty) return mask;
    for (const folder of parentFolders(path)) mask &= this.#masks.get(folder) ?? openMask;
    return mask;
  }
}

/**
 * The entry of a file as others may get it: without the bits that the folders above it withhold. A mode that differs from
 * the agreed one in these bits alone is the agreed one, so a file that was pulled into a private folder is unchanged.
 */
export function maskedEntry(entry: Entry, mask: number, agreed: Entry | undefined): Entry {
  if (mask === openMask || entry.kind !== 'file') return entry;
  const mode = entry.mode & mask;
  const wanted = agreed?.kind === 'file' && (agreed.mode & mask) === mode ? agreed.mode : mode;
  return wanted === entry.mode ? entry : entryWith(entry, { mode: wanted });
}

/** A view of `table` with masked entries, made as they are read: a table may be large. */
export class MaskedTable implements FileTable {
  readonly #table: FileTable;
  readonly #masked: (entry: Entry) => Entry;

  /** `maskAt` returns the bits that the folders above a path leave to it, `agreedAt` what both sides know of it. */
  constructor(table: FileTable, maskAt: (path: string) => number, agreedAt: (path: string) => Entry | undefined) {
    this.#table = table;
    this.#masked = (entry) => maskedEntry(entry, maskAt(entry.path), agreedAt(entry.path));
  }

  get size(): number {
    return this.#table.size;
  }

  has(path: string): boolean {
    return this.#table.has(path);
  }

  get(path: string): Entry | undefined {
    const entry = this.#table.get(path);
    return entry === undefined ? undefined : this.#masked(entry);
  }

  keys() {
    return this.#table.keys();
  }

  *values(): Generator<Entry, undefined> {
    for (const entry of this.#table.values()) yield this.#masked(entry);
    return undefined;
  }

  *entries(): Generator<[string, Entry], undefined> {
    for (const [path, entry] of this.#table) yield [path, this.#masked(entry)];
    return undefined;
  }

  [Symbol.iterator]() {
    return this.entries();
  }

  forEach(call: (entry: Entry, path: string, table: FileTable) => void): void {
    for (const [path, entry] of this) call(entry, path, this);
  }
}
