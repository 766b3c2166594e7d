import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectToControlSocket } from './controlSocket';
import { tryLockFile, type FileLock } from '../database/fileLock';
import { OperatorError } from '../errors';

/** The beginning of the error of a process that cannot have the lock. */
export const lockFault = 'Another palmtree-server, or one of its commands, is running on';

/** The time, in milliseconds, in which a command that has the lock usually ends. */
const commandMs = 5_000;
const pauseMs = 50;

/**
 * Keeps other servers and administration commands off the data folder. It does not block the token and export commands, which
 * do not take the lock. Returns undefined if another process has it.
 */
export function tryLockDataFolder(folder: string): FileLock | undefined {
  return tryLockFile(join(folder, 'server.lock'));
}

/** Waits for a command that ends soon. Throws OperatorError if another server runs on the folder, or a command goes on. */
export async function lockDataFolder(folder: string): Promise<FileLock> {
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
  throw new OperatorError(`${lockFault} ${folder}. ${fix}`);
}
