import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { OperatorError } from '../errors';
import { databaseFileName } from './openDatabase';
import { isBusy } from './sqliteError';

/** The time, in milliseconds, in which a command that uses the database ends. */
const commandMs = 5_000;
const pauseMs = 50;

/**
 * Throws OperatorError if another process has the database open. Each open connection has SQLite's shared lock on the file
 * itself, and this asks for the exclusive one. So a second server is refused even if somebody deleted the lock file. Waits for a
 * command that ends soon, unless `hasServer` resolves to true.
 */
export async function requireUnused(dataFolder: string, hasServer: () => Promise<boolean>): Promise<void> {
  const file = join(dataFolder, databaseFileName);
  if (!existsSync(file)) return;
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const deadline = performance.now() + commandMs;
  for (;;) {
    const database = new DatabaseSync(file, { timeout: 0 });
    try {
      database.exec('pragma locking_mode = exclusive; select count(*) from sqlite_master');
      return;
    } catch (error) {
      // Opening the database reports any other error.
      if (!isBusy(error)) return;
    } finally {
      database.close();
    }
    if (performance.now() > deadline || (await hasServer())) break;
    await delay(pauseMs);
  }
  const fix = 'Stop it first, or choose another data folder with --data.';
  throw new OperatorError(`Another palmtree-server, or one of its commands, is running on ${dataFolder}. ${fix}`);
}
