import { isBusy } from './sqliteError';

export interface FileLock {
  release(): void;
}

/**
 * Takes SQLite's lock on `file`, which contains nothing else. The kernel releases the lock however the process ends. Returns
 * undefined if another process, or another caller, has it.
 */
export function tryLockFile(file: string): FileLock | undefined {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    // Without a journal on the disk, this writes nothing: it works on a full disk.
    database.exec('pragma journal_mode = memory; begin exclusive');
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw error;
    return undefined;
  }
  return { release: () => database.close() };
}
