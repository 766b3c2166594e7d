import { createHash } from 'node:crypto';
import { closeSync, fstatSync, lstatSync, openSync, readlinkSync, readSync, type BigIntStats } from 'node:fs';
import { errnoOf, isNotFound } from './errno';
import { isUnchanged } from './fileStamp';
import { readNoFollow } from './openFlags';
import { sha256 } from './sha256';

const maxTries = 3;

/** The SHA-256 of a file's content or of a symlink's target, and the stats, which were the same before and after it. */
export type HashedContent =
  | { readonly kind: 'file'; readonly hash: string; readonly stats: BigIntStats }
  | { readonly kind: 'symlink'; readonly hash: string; readonly stats: BigIntStats; readonly target: Buffer };

export type Hashed =
  | HashedContent
  /** The file was written during each attempt. */
  | { readonly kind: 'changing' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly errno: string };

export interface HashOptions {
  /** Memory for file content, reused from file to file. */
  readonly buffer: Uint8Array;
  /** Called with the number of bytes of each piece; may throw to stop. */
  readonly onBytes?: (bytes: number) => void;
}

/**
 * Hashes the file at `path`. Invariant: the file once had exactly the hashed content, since `path` was the same file
 * with the same stats before and after the hashing.
 */
export function hashFileSync(path: string, options: HashOptions): Hashed {
  return retryIfChanging(() => tryHashFile(path, options));
}

/** Reads and hashes the target of the symlink at `path`, with the same invariant. */
export function hashLinkSync(path: string): Hashed {
  return retryIfChanging(() => tryHashLink(path));
}

function retryIfChanging(attempt: () => HashedContent | undefined): Hashed {
  for (let tries = 0; tries < maxTries; tries++) {
    try {
      const hashed = attempt();
      if (hashed !== undefined) return hashed;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      if (isNotFound(error)) return { kind: 'missing' };
      // ELOOP: the file became a symlink. EINVAL: the symlink became a file.
      if (errno !== 'ELOOP' && errno !== 'EINVAL') return { kind: 'unreadable', errno };
    }
  }
  return { kind: 'changing' };
}

/** Undefined if the file changed during the hashing. */
function tryHashFile(path: string, options: HashOptions): HashedContent | undefined {
  const file = openSync(path, readNoFollow);
  try {
    const stats = fstatSync(file, { bigint: true });
    if (!stats.isFile()) return undefined;
    const size = Number(stats.size);
    const hash = size < options.buffer.length ? hashAtOnce(file, size, options) : hashInPieces(file, size, options);
    // The stats at the path: if it is still the open file, these are the open file's stats too.
    if (hash === undefined || !isUnchanged(stats, lstatSync(path, { bigint: true }))) return undefined;
    return { kind: 'file', hash, stats };
  } finally {
    closeSync(file);
  }
}

/** Undefined if the file's size changed. */
function hashAtOnce(file: number, size: number, { buffer, onBytes }: HashOptions): string | undefined {
  // One byte more, to notice that the file grew.
  const count = readSync(file, buffer, 0, size + 1, null);
  if (count !== size) return undefined;
  onBytes?.(count);
  return sha256(buffer.subarray(0, count));
}

/** Undefined if the file's size changed. */
function hashInPieces(file: number, size: number, { buffer, onBytes }: HashOptions): string | undefined {
  const hash = createHash('sha256');
  for (let read = 0; ;) {
    const count = readSync(file, buffer, 0, buffer.length, null);
    if (count === 0) return read === size ? hash.digest('hex') : undefined;
    hash.update(count === buffer.length ? buffer : buffer.subarray(0, count));
    read += count;
    // Reading a log that is written all the time would never end.
    if (read > size) return undefined;
    onBytes?.(count);
  }
}

/** Undefined if the symlink changed during the hashing. */
function tryHashLink(path: string): HashedContent | undefined {
  const before = lstatSync(path, { bigint: true });
  const target = readlinkSync(path, 'buffer');
  const stats = lstatSync(path, { bigint: true });
  if (!stats.isSymbolicLink() || !isUnchanged(before, stats)) return undefined;
  return { kind: 'symlink', hash: sha256(target), stats, target };
}
