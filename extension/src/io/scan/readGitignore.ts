import { closeSync, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs';
import type { GitignoreFault, Problem } from '../../core/problem';
import { errnoOf, isNotFound } from '../fs/errno';
import { readNoFollow } from '../fs/openFlags';
import { statsAt } from '../fs/stats';

/** Patterns take time to match, and nobody writes this many by hand. */
const maxBytes = 1 << 20;

type GitignoreRead = { readonly content: string } | (Pick<Problem, 'with'> & { readonly reason: GitignoreFault });

/**
 * Reads the `.gitignore` file at an absolute path, or returns why it cannot be read. Undefined if nothing exists there.
 * Like git, it follows no symlink. It opens regular files only, because opening a pipe or a device can block.
 */
export function readGitignore(path: string): GitignoreRead | undefined {
  try {
    const stats = statsAt(path);
    if (stats === undefined) return undefined;
    return faultOf(stats) ?? readOpened(openSync(path, readNoFollow));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    if (isNotFound(error)) return undefined;
    return errno === 'ELOOP' ? { reason: 'gitignore-link' } : { reason: 'gitignore-unreadable', with: errno };
  }
}

function faultOf(stats: BigIntStats): { readonly reason: GitignoreFault } | undefined {
  if (stats.isSymbolicLink()) return { reason: 'gitignore-link' };
  if (!stats.isFile()) return { reason: 'gitignore-not-a-file' };
  return stats.size > maxBytes ? { reason: 'gitignore-too-large' } : undefined;
}

/** Closes `file`. Reads at most one byte more than allowed, whatever size the stats report. */
function readOpened(file: number): GitignoreRead {
  try {
    const stats = fstatSync(file, { bigint: true });
    const fault = faultOf(stats);
    if (fault !== undefined) return fault;
    const buffer = Buffer.allocUnsafe(Number(stats.size) + 1);
    let length = 0;
    while (length < buffer.length) {
      const count = readSync(file, buffer, length, buffer.length - length, null);
      if (count === 0) return textIn(buffer.subarray(0, length));
      length += count;
    }
    // It grew while it was read. A part of the patterns could exclude too little.
    return { reason: 'gitignore-unreadable', with: 'EAGAIN' };
  } finally {
    closeSync(file);
  }
}

/** A NUL shows another encoding, such as UTF-16, in which no pattern would match anything. */
function textIn(bytes: Buffer): GitignoreRead {
  return bytes.includes(0) ? { reason: 'gitignore-not-text' } : { content: bytes.toString('utf8') };
}
