import { randomUUID } from 'node:crypto';
import { closeSync, openSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryName } from '../../../core/temporaryName';

/** Folders in which a file can be created but not removed, such as append-only ones. */
const appendOnly = new Set<string>();

/**
 * Calls `work` with a new temporary file in `folder`, its descriptor and its path, and removes it. Undefined if no file
 * can be created there, or if an earlier one could not be removed. Throws what `work` throws.
 */
export function withProbeFile<T>(folder: string, work: (file: number, path: string) => T): T | undefined {
  if (appendOnly.has(folder)) return undefined;
  const path = join(folder, temporaryName(process.pid, randomUUID()));
  let file;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch {
    return undefined;
  }
  try {
    return work(file, path);
  } finally {
    closeSync(file);
    remove(path, folder);
  }
}

function remove(path: string, folder: string): void {
  try {
    unlinkSync(path);
  } catch {
    appendOnly.add(folder);
  }
}
