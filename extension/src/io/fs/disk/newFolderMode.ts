import { randomUUID } from 'node:crypto';
import { lstatSync, mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryName } from '../../../core/temporaryName';

const allModes = 0o777;

/** Folders in which a folder can be created but not removed, such as append-only ones. */
const appendOnly = new Set<string>();

/**
 * The mode that `mkdir` gives a new folder in `folder`, by the process's umask, or by the default ACL of `folder` if it has
 * one. A temporary folder shows it, since `process.umask()` sets the umask to 0 for a moment, in which another thread may
 * create a file. Undefined if none can be created or removed there.
 */
export function newFolderMode(folder: string): number | undefined {
  if (appendOnly.has(folder)) return undefined;
  const probe = join(folder, temporaryName(process.pid, randomUUID()));
  try {
    mkdirSync(probe, allModes);
  } catch {
    return undefined;
  }
  try {
    return lstatSync(probe).mode & allModes;
  } finally {
    remove(probe, folder);
  }
}

function remove(probe: string, folder: string): void {
  try {
    rmdirSync(probe);
  } catch {
    appendOnly.add(folder);
  }
}
