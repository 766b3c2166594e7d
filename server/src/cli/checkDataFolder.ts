import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../errors';

/**
 * Checks that the disk of an existing data folder can store what the server keeps there. Throws OperatorError if a received
 * file cannot be moved to the objects, or if the disk keeps no permission bits: rsync refuses the secrets of a session then.
 */
export function checkDataFolder(dataFolder: string): void {
  if (deviceOf(dataFolder, 'objects') !== deviceOf(dataFolder, 'sessions')) {
    throw new OperatorError(
      `The folders "objects" and "sessions" in ${dataFolder} are on different disks. Received files are moved from one to the other, so put both on one disk.`,
    );
  }
  if (process.platform !== 'win32' && !keepsModes(dataFolder)) {
    throw new OperatorError(
      `The disk of ${dataFolder} keeps no permission bits, so others could read the secrets of transfers. Choose a folder on another disk with --data.`,
    );
  }
}

function deviceOf(dataFolder: string, name: string): number {
  return (statSync(join(dataFolder, name), { throwIfNoEntry: false }) ?? statSync(dataFolder)).dev;
}

function keepsModes(folder: string): boolean {
  const path = join(folder, `mode-${process.pid}`);
  try {
    writeFileSync(path, '', { mode: 0o600 });
    return (statSync(path).mode & 0o777) === 0o600;
  } catch {
    // A full disk keeps nobody from pulling.
    return true;
  } finally {
    rmSync(path, { force: true });
  }
}
