import { createHash } from 'node:crypto';
import { closeSync, fstatSync, lstatSync, openSync, readlinkSync, readSync, type BigIntStats } from 'node:fs';
import { errnoOf, isNotFound } from './errno';
import { isUnchanged } from './fileStamp';
import { readNoFollow } from './openFlags';
import { sha256 } from './sha256';

const maxTries = 3;

/** The hash of a file's content or of a symlink's target, and the stats that it had before and after the hashing. */
export type HashedContent =
  | { readonly kind: 'file'; readonly hash: string; readonly stats: BigIntStats }
  | { readonly kind: 'symlink'; readonly hash: string; readonly stats: BigIntStats; readonly target: Buffer };

export type Hashed =
  | HashedContent
  /** Written during each attempt to read it. */
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

function settled(path: string, attempt: () => Hashed | undefined): Hashed {
  for (let tries = 0; tries < maxTries; tries++) {
    try {
      const hashed = attempt();
      if (hashed !== undefined) return hashed;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      if (isNotFound(error)) return { kind: 'gone' };
      // It became a symlink (ELOOP) or the reverse (EINVAL) since it was seen.
      if (errno !== 'ELOOP' && errno !== 'EINVAL') return { kind: 'unreadable', errno };
    }
  }
  return { kind: 'changing' };
}

function tryHashFile(path: string, options: HashOptions): Hashed | undefined {
  const file = openSync(path, readNoFollow);
  try {
    const stats = fstatSync(file, { bigint: true });
    if (!stats.isFile()) return undefined;
    const size = Number(stats.size);
    const hash = size < options.buffer.length ? hashInOne(file, size, options) : hashInPieces(file, size, options);
    // Under its name, and so of the open file too where it is the same one.
    if (hash === undefined || !isUnchanged(stats, lstatSync(path, { bigint: true }))) return undefined;
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
  return sha256(buffer.subarray(0, count));
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
  if (!stats.isSymbolicLink() || !isUnchanged(before, stats)) return undefined;
  return { kind: 'symlink', hash: sha256(target), stats, target };
}
