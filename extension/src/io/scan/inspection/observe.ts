import { join } from 'node:path';
import type { Observation } from '../../../core/observation';
import { checkParents } from '../../fs/checkParents';
import { errnoOf } from '../../fs/errno';
import { hashFileSync, hashLinkSync } from '../../fs/hashSync';
import { statsAt } from '../../fs/stats';
import { observationOf } from './inspect';

const bufferBytes = 1 << 20;

/**
 * Observes one path, whether or not scans include it. Undefined if no file or symlink can be read there. The observation
 * is always racy, because the file system's clock was not read before the hashing.
 */
export function observe(root: string, path: string): Observation | undefined {
  try {
    if (checkParents(root, path) !== 'open') return undefined;
    const absolute = join(root, path);
    const stats = statsAt(absolute);
    if (stats === undefined || !(stats.isFile() || stats.isSymbolicLink())) return undefined;
    const isFile = stats.isFile();
    const hashed = isFile ? hashFileSync(absolute, { buffer: new Uint8Array(bufferBytes) }) : hashLinkSync(absolute);
    if (hashed.kind !== 'file' && hashed.kind !== 'symlink') return undefined;
    return observationOf(path, hashed, Number(hashed.stats.mode & 0o777n), true);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
