import type * as wire from '../../../server/src/contract/schemas';
import type { Change } from './change';
import type { Entry, FileTable } from './entry';

/** What the server has at a path: an entry, or null where one was deleted. */
export type ServerSide = Entry | null;

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

/** What an answer says of each path that it names. */
export function incomingChanges(table: Pick<wire.FileTable, 'files'>): Map<string, ServerSide> {
  return new Map(table.files.map((file) => [file.path, 'deleted' in file ? null : entryOf(file)]));
}

/** `table` with what `changes` say laid over it; the table itself, where they say nothing. */
export function overlay(table: FileTable, changes: ReadonlyMap<string, ServerSide>): FileTable {
  if (changes.size === 0) return table;
  const result = new Map(table);
  for (const [path, side] of changes) {
    if (side === null) result.delete(path);
    else result.set(path, side);
  }
  return result;
}

/** The server's table at the stored revision: what was agreed on, but for what was not taken over here. */
export function remoteTable(ancestor: FileTable, heldBack: ReadonlyMap<string, ServerSide>): FileTable {
  return overlay(ancestor, heldBack);
}
