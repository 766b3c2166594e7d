import { readdirSync, statSync } from 'node:fs';
import { PalmtreeError } from '../../errors';
import { errnoOf } from './errno';

/** Tells the folder at `root` from another there. Throws root_gone unless it is one, or a symlink to one. */
export function identityOfFolder(root: string): string {
  let cause: unknown;
  try {
    const stats = statSync(root, { bigint: true });
    if (stats.isDirectory()) return `${stats.dev} ${stats.ino}`;
  } catch (error) {
    cause = error;
  }
  throw new PalmtreeError('root_gone', 'the workspace folder is gone, or cannot be read', {
    details: { subject: root },
    cause,
  });
}

/** Whether `path` is a folder with nothing in it. */
export function isEmptyFolder(path: string): boolean {
  try {
    return readdirSync(path).length === 0;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}
