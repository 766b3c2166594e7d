import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectToControlSocket } from '../administration/controlSocket';
import { isBusy } from '../database/sqliteError';
import { OperatorError } from '../errors';

/** The time, in milliseconds, in which a command that has the lock usually ends. */
const commandMs = 5_000;
const pauseMs = 50;

export interface DataFolderLock {
  release(): void;
}

/**
 * Keeps other servers and administration commands off the data folder, with SQLite's lock on a file of its own. The kernel
 * releases that lock however the process ends, and it does not block the token and export commands, which do not take it.
 * Returns undefined if another process has the lock.
 */
export function tryLockDataFolder(folder: string): DataFolderLock | undefined {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const file = new DatabaseSync(join(folder, 'server.lock'), { timeout: 0 });
  try {
    // Without a journal on the disk, this writes nothing: a server starts on a full disk.
    file.exec('pragma journal_mode = memory; begin exclusive');
  } catch (error) {
    file.close();
    if (!isBusy(error)) throw error;
    return undefined;
  }
  return { release: () => file.close() };
}

/** Waits for a command that ends soon. Throws OperatorError if another server runs on the folder, or a command goes on. */
export async function lockDataFolder(folder: string): Promise<DataFolderLock> {
  const deadline = performance.now() + commandMs;
  for (;;) {
    const lock = tryLockDataFolder(folder);
    if (lock !== undefined) return lock;
    const server = await connectToControlSocket(folder);
    server?.destroy();
    if (server !== undefined || performance.now() > deadline) break;
    await delay(pauseMs);
  }
  const fix = 'Stop it first, or choose another data folder with --data.';
  throw new OperatorError(`Another palmtree-server, or one of its commands, is running on ${folder}. ${fix}`);
}
