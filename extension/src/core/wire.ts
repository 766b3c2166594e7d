import type { PathDifference } from '../../../server/src/contract/history';
import { maxTimeNs, minTimeNs } from '../../../server/src/contract/limits';
import type * as wire from '../../../server/src/contract/schemas';
import type { Change } from './change';
import type { Entry } from './entry';
import type { RemoteEntry } from './remoteTable';
import { stepSize, type CooperativeTask } from './cooperativeTask';

/** Converts an entry of a response. */
export function entryOf(file: wire.FileEntry): Entry {
  const { path, kind, size, mode, hash, target } = file;
  const mtimeNs = BigInt(file.mtimeNs);
  return { path, kind, size, mtimeNs, mode, hash, ...(target === undefined ? {} : { target }) };
}

/** Converts what a revision changed at one path. */
export function changeOf({ path, before, after }: PathDifference): Change {
  return { path, from: before === null ? undefined : entryOf(before), to: after === null ? undefined : entryOf(after) };
}

/** Converts an entry for a push that puts it at `path`. */
export function putChange(entry: Entry, path = entry.path): wire.PutChange {
  const { kind, size, mode, hash, target } = entry;
  const mtimeNs = clampedTime(entry.mtimeNs).toString();
  return { op: 'put', path, kind, size, mtimeNs, mode, hash, ...(target === undefined ? {} : { target }) };
}

/**
 * The nearest time that the wire can carry, from 1677 to 2262. Only the pushed time is clamped: the observation keeps the
 * real one, and a different mtime alone is not a change.
 */
function clampedTime(ns: bigint): bigint {
  return ns < minTimeNs ? minTimeNs : ns > maxTimeNs ? maxTimeNs : ns;
}

/** Converts changes for a push lazily. The result can be iterated repeatedly. */
export function pushChanges(changes: readonly Change[]): Iterable<wire.Change> & { readonly length: number } {
  return {
    length: changes.length,
    *[Symbol.iterator]() {
      for (const change of changes) yield pushChange(change);
    },
  };
}

function pushChange({ path, to }: Change): wire.Change {
  return to === undefined ? { op: 'delete', path } : putChange(to, path);
}

/** A line of the server's table: an entry, or a path without a file since. */
export type RemoteFile = Entry | wire.DeletedEntry;

/** The lines of the server's table by path. */
export function* remoteChangesSteps(files: readonly RemoteFile[]): CooperativeTask<Map<string, RemoteEntry>> {
  const changes = new Map<string, RemoteEntry>();
  for (const [number, file] of files.entries()) {
    if (number % stepSize === 0) yield;
    changes.set(file.path, 'deleted' in file ? null : file);
  }
  return changes;
}
