import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Observation } from '../engine/observation';

const width = 6;
const typeMask = 0o170000n;
const regular = 0o100000n;
/** No file has it. */
const absent = -1n;

/** The stats of each path, six integers for one. */
export function statsOf(root: string, paths: readonly string[]): BigInt64Array<ArrayBuffer> {
  const stats = new BigInt64Array(paths.length * width);
  let at = 0;
  for (const path of paths) {
    stats[at] = absent;
    try {
      const { mode, dev, ino, size, mtimeNs, ctimeNs } = lstatSync(join(root, path), { bigint: true });
      stats[at] = mode;
      stats[at + 1] = dev;
      stats[at + 2] = ino;
      stats[at + 3] = size;
      stats[at + 4] = mtimeNs;
      stats[at + 5] = ctimeNs;
    } catch {
      // Who asked looks again, and then says why.
    }
    at += width;
  }
  return stats;
}

/**
 * Whether a file that was known is untouched, by the stats of the `row`th path. Invariant: true only where a look at
 * it would trust its hash, see `stillHolds`. What it cannot say it denies.
 */
export function isUntouchedBy(stats: BigInt64Array, row: number, known: Observation, honoursModes: boolean): boolean {
  const at = row * width;
  const mode = stats[at] ?? absent;
  return (
    known.kind === 'file' &&
    !known.racy &&
    mode !== absent &&
    (mode & typeMask) === regular &&
    stats[at + 2] === BigInt.asIntN(64, known.ino) &&
    stats[at + 1] === BigInt.asIntN(64, known.dev) &&
    stats[at + 3] === BigInt(known.size) &&
    stats[at + 4] === known.mtimeNs &&
    stats[at + 5] === known.ctimeNs &&
    (!honoursModes || Number(mode & 0o777n) === known.mode)
  );
}
