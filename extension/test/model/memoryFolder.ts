import { tmpdir } from 'node:os';
import { isRunning } from '../../src/io/fs/processes';
import { realFs } from './disk/realFs';

const prefix = 'palmtree-model-';
const disk = memoryDisk();

/** A new folder in memory where the system has a tmpfs, or else among the temporary files. */
export function newMemoryFolder(): string {
  return realFs.mkdtempSync(`${disk}/${prefix}${process.pid}-`);
}

function memoryDisk(): string {
  const { accessSync, constants } = realFs;
  try {
    accessSync('/dev/shm', constants.R_OK | constants.W_OK);
  } catch {
    return tmpdir();
  }
  removeLeftovers('/dev/shm');
  return '/dev/shm';
}

/** Nobody else removes the folders of a run that was killed, and they take memory. */
function removeLeftovers(folder: string): void {
  for (const name of realFs.readdirSync(folder)) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    try {
      realFs.rmSync(`${folder}/${name}`, { recursive: true, force: true });
    } catch {
      // It is another user's.
    }
  }
}
