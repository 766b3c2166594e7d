import type { Entry, FileTable } from './entry';

/** The state of a path on the server; null if it was deleted there. */
export type RemoteEntry = Entry | null;

/** The server's table at the last synced revision: the ancestor with the unapplied remote. */
export function remoteTable(ancestor: FileTable, unappliedRemote: ReadonlyMap<string, RemoteEntry>): FileTable {
  return overlay(ancestor, unappliedRemote);
}

/**
 * Returns `table` overlaid with `changes`; the table itself if there are none. Later changes to either map show in the
 * overlay, except in its size.
 */
export function overlay(table: FileTable, changes: ReadonlyMap<string, RemoteEntry>): FileTable {
  return changes.size === 0 ? table : new Overlay(table, changes);
}

/** A table with changes that makes no copy: copying 100,000 paths took longer than all work on the table. */
class Overlay implements FileTable {
  readonly size: number;
  readonly #table: FileTable;
  readonly #changes: ReadonlyMap<string, RemoteEntry>;

  constructor(table: FileTable, changes: ReadonlyMap<string, RemoteEntry>) {
    this.#table = table;
    this.#changes = changes;
    let size = table.size;
    for (const [path, entry] of changes) size += Number(entry !== null) - Number(table.has(path));
    this.size = size;
  }

  get(path: string): Entry | undefined {
    const changed = this.#changes.get(path);
    return changed === undefined ? this.#table.get(path) : (changed ?? undefined);
  }

  has(path: string): boolean {
    return this.get(path) !== undefined;
  }

  *entries(): Generator<[string, Entry], undefined> {
    for (const row of this.#table) if (!this.#changes.has(row[0])) yield row;
    for (const [path, entry] of this.#changes) if (entry !== null) yield [path, entry];
  }

  *keys(): Generator<string, undefined> {
    for (const [path] of this.entries()) yield path;
  }

  *values(): Generator<Entry, undefined> {
    for (const [, entry] of this.entries()) yield entry;
  }

  forEach(use: (entry: Entry, path: string, table: FileTable) => void): void {
    for (const [path, entry] of this.entries()) use(entry, path, this);
  }

  [Symbol.iterator](): Generator<[string, Entry], undefined> {
    return this.entries();
  }
}
