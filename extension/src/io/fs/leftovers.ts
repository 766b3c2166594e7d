import { lstatSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { creatorOf } from '../../core/temporaryName';
import { isRunning } from './processes';

const hourMs = 3_600_000;

/**
 * Removes the temporary files, and the empty folders, among `names` that a killed process left in `folder`. Another machine
 * or a container may use the folder too, whose processes are not seen: so a file with content has to be an hour old. An old
 * one is removed even if a process with its creator's id runs, which is then another.
 */
export function removeLeftovers(folder: string, names: Iterable<string>): void {
  for (const name of names) {
    const pid = creatorOf(name);
    if (pid !== undefined) removeLeftover(join(folder, name), isRunning(pid));
  }
}

function removeLeftover(path: string, mayBeInUse: boolean): void {
  try {
    const stats = lstatSync(path);
    const isOld = Date.now() - stats.ctimeMs > hourMs;
    if (!isOld && mayBeInUse) return;
    if (stats.isDirectory()) rmdirSync(path);
    else if (isOld || stats.size === 0) unlinkSync(path);
  } catch {
    // It is gone, or the folder does not let anyone remove it.
  }
}
