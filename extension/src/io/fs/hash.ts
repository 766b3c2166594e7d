import { createHash, hash as hashOnce } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  type BigIntStats,
} from 'node:fs';
import { errnoOf } from './durable';

const maxTries = 3;
// A pipe that took the file's place would block a plain open. Windows has neither flag.
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export type Hashed =
  | { readonly kind: 'file'; readonly hash: string; readonly stats: BigIntStats }
  | { readonly kind: 'symlink'; readonly hash: string; readonly stats: BigIntStats; readonly target: Buffer }
  /** It was written each time while it was read. */
  | { readonly kind: 'changing' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unreadable'; readonly errno: string };

export interface HashOptions {
  /** Reused from file to file. */
  readonly buffer: Uint8Array;
  /** Called with the bytes of each piece; throws to stop. */
  readonly onBytes?: (bytes: number) => void;
}

/**
 * Hashes the file at `path` and says what it looked like. Invariant: the hash is of a content that stood
 * there whole: it was the same file, with the same stats, before, after, and under its name.
 */
export function hashFile(path: string, options: HashOptions): Hashed {
  return settled(path, () => tryHashFile(path, options));
}

/** Reads and hashes the target of the symlink at `path`, in the same way. */
export function hashLink(path: string): Hashed {
  return settled(path, () => tryHashLink(path));
}

/** Whether two looks saw one file, untouched between them. The access time and the link count are no matter. */
export function sameStats(a: BigIntStats, b: BigIntStats): boolean {
  return (
    a.ino === b.ino &&
    a.dev === b.dev &&
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs &&
    a.mode === b.mode
  );
}

function settled(path: string, attempt: () => Hashed | undefined): Hashed {
  for (let tries = 0; tries < maxTries; tries++) {
    try {
      const hashed = attempt();
      if (hashed !== undefined) return hashed;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      if (errno === 'ENOENT' || errno === 'ENOTDIR') return { kind: 'gone' };
      // It became a symlink (ELOOP) or the reverse (EINVAL) since it was seen.
      if (errno !== 'ELOOP' && errno !== 'EINVAL') return { kind: 'unreadable', errno };
    }
  }
  return { kind: 'changing' };
}

function tryHashFile(path: string, options: HashOptions): Hashed | undefined {
  const file = openSync(path, openFlags);
  try {
    const stats = fstatSync(file, { bigint: true });
    if (!stats.isFile()) return undefined;
    const size = Number(stats.size);
    const hash = size < options.buffer.length ? hashInOne(file, size, options) : hashInPieces(file, size, options);
    // Under its name, and so of the open file too where it is the same one.
    if (hash === undefined || !sameStats(stats, lstatSync(path, { bigint: true }))) return undefined;
    return { kind: 'file', hash, stats };
  } finally {
    closeSync(file);
  }
}

/** Undefined when the file is not of `size` any more. */
function hashInOne(file: number, size: number, { buffer, onBytes }: HashOptions): string | undefined {
  // A byte more than there should be, to see whether it grows.
  const count = readSync(file, buffer, 0, size + 1, null);
  if (count !== size) return undefined;
  onBytes?.(count);
  return hashOnce('sha256', buffer.subarray(0, count), 'hex');
}

/** Undefined when the file is not of `size` any more. */
function hashInPieces(file: number, size: number, { buffer, onBytes }: HashOptions): string | undefined {
  const hash = createHash('sha256');
  for (let read = 0; ;) {
    const count = readSync(file, buffer, 0, buffer.length, null);
    if (count === 0) return read === size ? hash.digest('hex') : undefined;
    hash.update(count === buffer.length ? buffer : buffer.subarray(0, count));
    read += count;
    // It grows: read on, and a log that is written all the time would have no end.
    if (read > size) return undefined;
    onBytes?.(count);
  }
}

function tryHashLink(path: string): Hashed | undefined {
  const before = lstatSync(path, { bigint: true });
  const target = readlinkSync(path, 'buffer');
  const stats = lstatSync(path, { bigint: true });
  if (!stats.isSymbolicLink() || !sameStats(before, stats)) return undefined;
  return { kind: 'symlink', hash: createHash('sha256').update(target).digest('hex'), stats, target };
}
