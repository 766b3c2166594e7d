/**
 * The number of rows that a map's entries are packed into, by the hash of the path. Reading and binding a row for each
 * entry took most of a start. A save packs only the buckets that changed.
 */
const bucketCount = 256;

/** FNV-1a. Invariant: never changes, since stored paths are found by it. */
export function bucketOf(path: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193);
  return (hash >>> 8) % bucketCount;
}
