import type * as wire from '../../../server/src/contract/schemas';
import type { Change } from './change';
import type { Entry, FileTable } from './entry';
import { stepSize, type CooperativeTask } from './cooperativeTask';

/** What the server has at a path: an entry, or null where one was deleted. */
export type RemoteEntry = Entry | null;

/** An entry as the server tells it. */
export function entryOf(file: wire.FileEntry): Entry {
  const { path, kind, size, mode, hash, target } = file;
  const mtimeNs = BigInt(file.mtimeNs);
  return { path, kind, size, mtimeNs, mode, hash, ...(target === undefined ? {} : { target }) };
}

/** An entry as the server is told of it. */
export function putChange(entry: Entry, path = entry.path): wire.PutChange {
  const { kind, size, mode, hash, target } = entry;
  const mtimeNs = entry.mtimeNs.toString();
  return { op: 'put', path, kind, size, mtimeNs, mode, hash, ...(target === undefined ? {} : { target }) };
}

/** A change of the server's side, as a push states it. */
export function pushChange({ path, to }: Change): wire.Change {
  return to === undefined ? { op: 'delete', path } : putChange(to, path);
}

/** `changes`, as a push states them: each is made when it is asked for, as often as they are gone through. */
export function pushChanges(changes: readonly Change[]): Iterable<wire.Change> & { readonly length: number } {
  return {
    length: changes.length,
    *[Symbol.iterator]() {
      for (const change of changes) yield pushChange(change);
    },
  };
}

/** What an answer says of each path that it names. */
export function* remoteChangesSteps(files: readonly wire.TableEntry[]): CooperativeTask<Map<string, RemoteEntry>> {
  const changes = new Map<string, RemoteEntry>();
  for (const [number, file] of files.entries()) {
    if (number % stepSize === 0) yield;
    changes.set(file.path, 'deleted' in file ? null : entryOf(file));
  }
  return changes;
}

/**
 * `table` with what `changes` say laid over it; the table itself, where they say nothing. It is a view: what becomes of
 * either later is seen in it, but for its size.
 */
export function overlay(table: FileTable, changes: ReadonlyMap<string, RemoteEntry>): FileTable {
  return changes.size === 0 ? table : new Overlay(table, changes);
}

/** A copy of a table of a hundred thousand paths took longer than all that is done with it. */
class Overlay implements FileTable {
  readonly size: number;
  readonly #table: FileTable;
  readonly #changes: ReadonlyMap<string, RemoteEntry>;

  constructor(table: FileTable, changes: ReadonlyMap<string, RemoteEntry>) {
    this.#table = table;
    this.#changes = changes;
    let size = table.size;
    for (const [path, side] of changes) size += Number(side !== null) - Number(table.has(path));
    this.size = size;
  }

  get(path: string): Entry | undefined {
    const side = this.#changes.get(path);
    return side === undefined ? this.#table.get(path) : (side ?? undefined);
  }

  has(path: string): boolean {
    return this.get(path) !== undefined;
  }

  *entries(): Generator<[string, Entry], undefined> {
    for (const row of this.#table) if (!this.#changes.has(row[0])) yield row;
    for (const [path, side] of this.#changes) if (side !== null) yield [path, side];
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

/** The server's table at the stored revision: what was agreed on, but for what was not taken over here. */
export function remoteTable(ancestor: FileTable, unappliedRemote: ReadonlyMap<string, RemoteEntry>): FileTable {
  return overlay(ancestor, unappliedRemote);
}
