/** Limits of requests, in bytes unless named otherwise. An honest client does not meet them. */

/** A body of JSON. A longer list is sent as NDJSON. */
export const maxJsonBodyBytes = 1 << 20;
/** The first line of an NDJSON body: the folders of a push or of a table, among others. */
export const maxHeadBytes = 4 << 20;
/** Each further line of an NDJSON body. A change with the longest path and target, all escaped, has 50,000. */
export const maxItemBytes = 64 << 10;
/** The number of changes of a push, of paths of a pull, or of files and symlinks of a tree. */
export const maxItems = 1_000_000;
/** The number of open pushes and pulls of a token. */
export const maxSessions = 500;
/** The number of tracked folders of a tree, and of a push. */
export const maxFolders = 5_000;

/** The range of an mtime in nanoseconds since the epoch, from 1677 to 2262: what 64 bits and the file systems can store. */
export const minTimeNs = -(2n ** 63n);
export const maxTimeNs = 2n ** 63n - 1n;

export function isTime(ns: bigint): boolean {
  return ns >= minTimeNs && ns <= maxTimeNs;
}
