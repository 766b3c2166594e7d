import type { BigIntStats } from 'node:fs';
import type { FileIdentity } from '../../core/tracking/fileIdentity';

/** The identity in the stats of a file or folder. A folder counts as one name, whatever its subfolders add to `nlink`. */
export function fileIdentityOf(
  stats: Pick<BigIntStats, 'dev' | 'ino' | 'birthtimeNs' | 'nlink' | 'isDirectory'>,
): FileIdentity {
  const { dev, ino, birthtimeNs, nlink } = stats;
  return { dev: `${dev}`, ino: `${ino}`, birth: `${birthtimeNs}`, links: stats.isDirectory() ? 1 : Number(nlink) };
}
