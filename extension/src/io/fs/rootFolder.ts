import { readdirSync, statSync } from 'node:fs';
import { PalmtreeError } from '../../errors';
import { errnoOf } from './errno';

/** The device and inode of the folder that `root` is or links to. Throws root_gone if it does not exist. */
export function identityOfFolder(root: string): string {
  let cause: unknown;
  try {
    const stats = statSync(root, { bigint: true });
    if (stats.isDirectory()) return `${stats.dev} ${stats.ino}`;
  } catch (error) {
    cause = error;
  }
  throw rootGone(root, cause);
}

export function rootGone(root: string, cause?: unknown): PalmtreeError {
  return new PalmtreeError('root_gone', 'the workspace folder is gone, or cannot be read', {
    details: { subject: root },
    cause,
  });
}

/** Whether `path` is an empty folder. False if it cannot be read. */
export function isEmptyFolder(path: string): boolean {
  try {
    return readdirSync(path).length === 0;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}
