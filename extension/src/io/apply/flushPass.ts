import { flushFolder } from '../fs/durable';
import { errnoOf } from '../fs/errno';
import { sweepTemporaries } from './temporary';
import type { ApplyState } from './applyState';

/** Makes the names of backed-up, new and deleted files durable. Removes temporary files that a killed run left. */
export async function flushFolders({ backup, changedFolders }: ApplyState): Promise<void> {
  for (const folder of [...backup.foldersToFlush, ...changedFolders]) {
    try {
      if (changedFolders.has(folder)) await sweepTemporaries(folder);
      await flushFolder(folder);
    } catch (error) {
      // The folder is gone or cannot be flushed. The content of its files has been.
      if (errnoOf(error) === undefined) throw error;
    }
  }
}
