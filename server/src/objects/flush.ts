import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { inParallel } from '../concurrency/inParallel';

/**
 * One flush of the whole file system costs less than an fsync for each of many files. `sync -f` is GNU's and
 * BusyBox's; elsewhere `sync` takes no file, or only begins the flush.
 */
export async function flushToDisk(folder: string, files: readonly string[]): Promise<void> {
  if (files.length === 0) return;
  if (process.platform === 'linux' && (await syncFileSystem(folder))) return;
  await inParallel(files, 8, async (file) => {
    const handle = await open(file, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
}

async function syncFileSystem(folder: string): Promise<boolean> {
  const child = spawn('sync', ['-f', '--', folder], { stdio: 'ignore' });
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return code === 0;
  } catch {
    return false;
  }
}
