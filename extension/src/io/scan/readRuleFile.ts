import { closeSync, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs';
import { errnoOf, isNotFound } from '../fs/errno';
import { readNoFollow } from '../fs/openFlags';
import { statsAt } from '../fs/stats';

/** Patterns take time to match, and nobody writes this many by hand. */
const maxBytes = 1 << 20;

/** Why the bytes of a file with patterns are unknown; `errno` is the system's error code. */
interface RuleFileFault {
  readonly fault: 'link' | 'not-a-file' | 'too-large' | 'unreadable';
  readonly errno?: string;
}

/**
 * Reads the file with patterns at an absolute path, or returns why it cannot be read. Undefined if nothing exists there.
 * Like git, it follows no symlink. It opens regular files only, because opening a pipe or a device can block.
 */
export function readRuleFile(path: string): { readonly bytes: Buffer } | RuleFileFault | undefined {
  try {
    const stats = statsAt(path);
    if (stats === undefined) return undefined;
    return faultOf(stats) ?? readOpened(openSync(path, readNoFollow));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    if (isNotFound(error)) return undefined;
    return errno === 'ELOOP' ? { fault: 'link' } : { fault: 'unreadable', errno };
  }
}

function faultOf(stats: BigIntStats): RuleFileFault | undefined {
  if (stats.isSymbolicLink()) return { fault: 'link' };
  if (!stats.isFile()) return { fault: 'not-a-file' };
  return stats.size > maxBytes ? { fault: 'too-large' } : undefined;
}

/** Closes `file`. Reads at most one byte more than allowed, whatever size the stats report. */
function readOpened(file: number): { readonly bytes: Buffer } | RuleFileFault {
  try {
    const stats = fstatSync(file, { bigint: true });
    const fault = faultOf(stats);
    if (fault !== undefined) return fault;
    const buffer = Buffer.allocUnsafe(Number(stats.size) + 1);
    let length = 0;
    while (length < buffer.length) {
      const count = readSync(file, buffer, length, buffer.length - length, null);
      if (count === 0) return { bytes: buffer.subarray(0, length) };
      length += count;
    }
    // It grew while it was read. A part of the patterns could exclude too little.
    return { fault: 'unreadable', errno: 'EAGAIN' };
  } finally {
    closeSync(file);
  }
}
