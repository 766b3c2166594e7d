import type { FileEntry, PutChange, TableEntry } from '../contract/schemas';
import type { VersionsTable } from '../database/tables';

export const versionColumns = ['path', 'revision', 'op', 'kind', 'size', 'mtime_ns', 'mode', 'hash', 'target'] as const;
export type VersionRow = Pick<VersionsTable, (typeof versionColumns)[number]>;

export function toTableEntry(row: VersionRow): TableEntry {
  const { path, revision } = row;
  return row.op === 'delete' ? { path, deleted: true, revision } : toFileEntry(row);
}

export function toFileEntry(row: VersionRow): FileEntry {
  const { path, revision, kind, size, mtime_ns: mtimeNs, mode, hash, target } = row;
  if (kind === null || size === null || mtimeNs === null || mode === null || hash === null) {
    throw new Error(`the stored version of ${JSON.stringify(path)} at ${revision} lacks attributes`);
  }
  return { path, kind, size, mtimeNs, mode, hash, revision, ...(target === null ? {} : { target }) };
}

/** Whether an entry equals a put or another entry in everything but its revision. */
export function sameEntry(entry: FileEntry, put: PutChange | FileEntry): boolean {
  return (
    entry.kind === put.kind &&
    entry.size === put.size &&
    entry.mtimeNs === put.mtimeNs &&
    entry.mode === put.mode &&
    entry.hash === put.hash &&
    entry.target === put.target
  );
}
