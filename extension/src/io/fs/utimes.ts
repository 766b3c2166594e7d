/**
 * Converts nanoseconds to the seconds that Node's utimes takes. Node reads them as doubles, so today's times are exact to
 * about 200 ns. The loss never counts as a change, since a different mtime alone is not a change. A string, because
 * Node replaces a negative number by the present time.
 */
export function utimesSeconds(ns: bigint): string {
  return String(Number(ns / 1_000_000_000n) + Number(ns % 1_000_000_000n) / 1e9);
}
