/**
 * The entries of a map are packed into this many rows of the database, by the hash of their paths. With a row for each
 * entry, reading and binding rows took most of the time of a start. A save packs only the buckets that changed.
 */
const bucketCount = 256;

/** The bucket of `path`, by FNV-1a. Invariant: never changes, since it decides where stored paths are found. */
export function bucketOf(path: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193);
  return (hash >>> 8) % bucketCount;
}
