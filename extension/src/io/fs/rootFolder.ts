import { statSync, type BigIntStats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { PalmtreeError } from '../../errors';
import { diskFault } from './disk/diskFault';
import { errnoOf, isNotFound } from './errno';

/**
 * The device and inode of the folder that `root` is or links to. Throws root_gone if it does not exist, and disk_fault if
 * the system cannot tell.
 */
export async function identityOfFolder(root: string): Promise<string> {
  return deviceAndInode(root, await stat(root, { bigint: true }).catch(asError));
}

/** `identityOfFolder` for a thread that may wait for the disk. */
export function identityOfFolderSync(root: string): string {
  try {
    return deviceAndInode(root, statSync(root, { bigint: true }));
  } catch (error) {
    throw error instanceof PalmtreeError ? error : rootFault(root, error);
  }
}

function deviceAndInode(root: string, stats: BigIntStats | Error): string {
  if (!(stats instanceof Error) && stats.isDirectory()) return `${stats.dev} ${stats.ino}`;
  throw stats instanceof Error ? rootFault(root, stats) : rootGone(root);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** The error for a workspace folder that cannot be read: root_gone only if the system says that nothing is there. */
export function rootFault(root: string, cause: unknown): PalmtreeError {
  return isNotFound(cause) ? rootGone(root, cause) : diskFault(cause, root);
}

export function rootGone(root: string, cause?: unknown): PalmtreeError {
  return new PalmtreeError('root_gone', 'the workspace folder is gone', {
    details: { subject: root },
    cause,
  });
}

/** Whether `path` is an empty folder. False if it cannot be read. */
export async function isEmptyFolder(path: string): Promise<boolean> {
  try {
    return (await readdir(path)).length === 0;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}
