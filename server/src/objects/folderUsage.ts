import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inSlices } from '../concurrency/inSlices';
import { freeableFile, noUsage, sumOf, type Usage } from './usage';

/** The disk usage that the removal of a folder would free: a file with a name elsewhere counts no bytes. Symlinks are not followed. */
export async function folderUsage(folder: string): Promise<Usage> {
  let usage = noUsage;
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  await inSlices(entries, (entry) => {
    if (!entry.isDirectory()) usage = sumOf(usage, freeableFile(join(entry.parentPath, entry.name)));
  });
  return usage;
}
