/**
 * A map's entries lie packed in this many rows, by their path's hash: reading and binding a row for each took most of
 * a start. A save packs anew the rows that hold what changed.
 */
const buckets = 256;

/** FNV-1a. Invariant: the same for ever: by it a path is found again in what was stored. */
export function bucketOf(path: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193);
  return (hash >>> 8) % buckets;
}
