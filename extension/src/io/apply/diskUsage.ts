import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { errnoOf } from '../fs/errno';
import { listFiles } from '../fs/folders';
import { inParallel } from '../threads/inParallel';

const parallelStats = 4;
/** The unit of `Stats.blocks` on every system. */
const blockBytes = 512;

/** The bytes that a file, or all files in a folder, occupy on the disk; 0 if nothing exists at `path`. */
export async function diskUsage(path: string): Promise<number> {
  const stats = await statsIfExists(path);
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return bytesOf(stats);
  let total = 0;
  await inParallel(await listFiles(path), parallelStats, async (file) => {
    const found = await statsIfExists(file);
    if (found !== undefined) total += bytesOf(found);
  });
  return total;
}

/** Some file systems count no blocks for a small file, and some count none at all. */
function bytesOf({ blocks, size }: Stats): number {
  return blocks > 0 ? blocks * blockBytes : size;
}

async function statsIfExists(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
