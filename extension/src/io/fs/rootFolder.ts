import { readdirSync, statSync } from 'node:fs';
import { PalmtreeError } from '../../errors';
import { errnoOf } from './errno';

/** Device and inode of the workspace folder at `root`, which may be a symlink to it. Throws root_gone if it is no folder. */
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

/** Whether `path` is a folder without items. */
export function isEmptyFolder(path: string): boolean {
  try {
    return readdirSync(path).length === 0;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}
