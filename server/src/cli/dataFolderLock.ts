import { join } from 'node:path';
import { StartError } from '../errors';

export interface DataFolderLock {
  release(): void;
}

const sqliteBusy = 5;

/**
 * Keeps a second server off the data folder. SQLite's lock on a file of its own: the kernel releases it however
 * the process ends, and the token command, which shares the main database, is not in its way.
 */
export function lockDataFolder(folder: string): DataFolderLock {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const file = new DatabaseSync(join(folder, 'server.lock'), { timeout: 0 });
  try {
    file.exec('begin exclusive');
  } catch (error) {
    file.close();
    if ((error as { errcode?: unknown }).errcode !== sqliteBusy) throw error;
    throw new StartError(`another palmtree-server is running on ${folder}`);
  }
  return { release: () => file.close() };
}
