import { accessSync, constants, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder in memory where the system has a tmpfs, or else among the temporary files. */
export function newMemoryFolder(): string {
  return mkdtempSync(join(memoryDisk(), 'palmtree-model-'));
}

function memoryDisk(): string {
  try {
    accessSync('/dev/shm', constants.R_OK | constants.W_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
}
