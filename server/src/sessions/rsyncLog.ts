import { closeSync, fstatSync, openSync, readSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { WireError } from '../errors';

const tailBytes = 4096;
/** With less free space than this, rsync could not even log that the disk is full. */
const minFreeBytes = 64 << 10;
const noSpace = /No space left on device|Disk quota exceeded/;

/** The end of rsync's log; empty if there is none. */
export function tailOf(file: string): string {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const buffer = Buffer.alloc(tailBytes);
      const start = Math.max(0, fstatSync(descriptor).size - tailBytes);
      const bytes = readSync(descriptor, buffer, 0, tailBytes, start);
      return buffer.toString('utf8', 0, bytes).trim();
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return '';
  }
}

/** The last error in rsync's log, without its time and process id; empty if there is none. Throws storage_full. */
export function lastRsyncError(file: string): string {
  const errors = tailOf(file)
    .split('\n')
    .map((line) => /\[\d+\] (rsync: .*)/.exec(line)?.[1] ?? '')
    .filter((line) => line !== '');
  const full = errors.find((line) => noSpace.test(line));
  if (full !== undefined || isFull(dirname(file)))
    throw new WireError('storage_full', full ?? 'the disk has no space left');
  return errors.at(-1) ?? '';
}

function isFull(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < minFreeBytes;
  } catch {
    return false;
  }
}
