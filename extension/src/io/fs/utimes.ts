/**
 * Converts nanoseconds to the seconds that Node's utimes takes. Node reads them as doubles, so today's times are exact to
 * about 200 ns. The loss never counts as a change, since a different mtime alone is not a change. A string, because
 * Node replaces a negative number by the present time.
 */
export function utimesSeconds(ns: bigint): string {
  return String(Number(ns / 1_000_000_000n) + Number(ns % 1_000_000_000n) / 1e9);
}

/** More than a double loses of a time of this century, see above. */
const precisionNs = 1_000n;

/** Whether `mtimeNs` is what a file has whose time was set to `ns`, by Node or exactly. */
export function isSetTo(mtimeNs: bigint, ns: bigint): boolean {
  const difference = mtimeNs - ns;
  return -precisionNs <= difference && difference <= precisionNs;
}
