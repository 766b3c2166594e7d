import { join } from 'node:path';
import { isBusy } from '../database/sqliteError';
import { OperatorError } from '../errors';

export interface DataFolderLock {
  release(): void;
}

/**
 * Keeps a second server off the data folder, with SQLite's lock on a file of its own. The kernel releases that lock
 * however the process ends, and it does not block the token and export commands, which do not take it.
 * Throws OperatorError.
 */
export function lockDataFolder(folder: string): DataFolderLock {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const file = new DatabaseSync(join(folder, 'server.lock'), { timeout: 0 });
  try {
    // Without a journal on the disk, this writes nothing: a server starts on a full disk.
    file.exec('pragma journal_mode = memory; begin exclusive');
  } catch (error) {
    file.close();
    if (!isBusy(error)) throw error;
    const fix = 'Stop it first, or choose another data folder with --data.';
    throw new OperatorError(`Another palmtree-server is running on ${folder}. ${fix}`);
  }
  return { release: () => file.close() };
}
