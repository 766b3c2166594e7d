import { join } from 'node:path';
import type { Entry } from '../../core/entry';
import type { Observation } from '../../core/observation';
import { statsAt } from '../../io/apply/backup';
import { errnoOf } from '../../io/fs/durable';
import { hashFile, hashLink } from '../../io/fs/hash';
import { linkMode } from '../../io/scan/scanLook';
import { checkParents } from '../../io/apply/preconditions';

const bufferBytes = 1 << 20;

/** What stands at `path`, looked at whole; undefined when it is no file or link, or cannot be read. */
export function observe(root: string, path: string): Observation | undefined {
  try {
    return look(root, path);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

function look(root: string, path: string): Observation | undefined {
  if (checkParents(root, path) !== 'open') return undefined;
  const absolute = join(root, path);
  const stats = statsAt(absolute);
  if (stats?.isFile() === true) {
    const hashed = hashFile(absolute, { buffer: new Uint8Array(bufferBytes) });
    return hashed.kind === 'file' ? observation(path, hashed) : undefined;
  }
  if (stats?.isSymbolicLink() !== true) return undefined;
  const hashed = hashLink(absolute);
  return hashed.kind === 'symlink' ? observation(path, hashed) : undefined;
}

function observation(
  path: string,
  { kind, hash, stats, target }: ReturnType<typeof hashFile> & { kind: Entry['kind'] } & { target?: Buffer },
): Observation {
  const { dev, ino, mtimeNs, ctimeNs } = stats;
  const mode = kind === 'symlink' ? linkMode : Number(stats.mode & 0o777n);
  const size = target === undefined ? Number(stats.size) : target.length;
  const link = target === undefined ? {} : { target: target.toString('utf8') };
  // Nobody looked at the file system's clock: a write that times hide is possible.
  return { path, kind, size, mtimeNs, mode, hash, dev, ino, ctimeNs, racy: true, ...link };
}
