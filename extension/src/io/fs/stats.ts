import { lstatSync, type BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { diskFault } from './disk/diskFault';
import { isNotFound } from './errno';

/**
 * The stats at `path`, without following a symlink; undefined if nothing exists there. Throws the system's error if
 * they cannot be read.
 */
export function statsAt(path: string): BigIntStats | undefined {
  try {
    // For a missing path, returning undefined takes a fraction of the time of throwing.
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The stats at `path`, without following a symlink; undefined if nothing exists there or they cannot be read. */
export function readableStatsAt(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** `statsAt` for the extension host, which must not wait for the disk. Throws disk_fault. */
export async function statsLater(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw diskFault(error, path);
  }
}

/** `readableStatsAt` for the extension host, which must not wait for the disk. */
export function readableStats(path: string): Promise<BigIntStats | undefined> {
  return lstat(path, { bigint: true }).catch(() => undefined);
}
