import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { inParallel } from '../concurrency/inParallel';

/** For more files, flushing the whole file system costs less than one fsync each. */
const maxSingleFsyncs = 16;

/** Resolves when the files would survive a power loss. */
export async function flushFiles(files: readonly string[]): Promise<void> {
  await inParallel(files, 8, async (file) => {
    const handle = await open(file, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
}

/**
 * Flushes the whole file system of `folder` if that is faster for `count` files. If it returns false, the caller has to
 * flush each file.
 * Only GNU's and BusyBox's sync have `-f`: others take no file, or return before the flush ends. The flush includes
 * what other processes have written to that file system.
 */
export async function flushFileSystem(folder: string, count: number): Promise<boolean> {
  return count > maxSingleFsyncs && process.platform === 'linux' && (await syncFileSystem(folder));
}

async function syncFileSystem(folder: string): Promise<boolean> {
  try {
    const child = spawn('sync', ['-f', '--', folder], { stdio: 'ignore' });
    const [code] = (await once(child, 'close')) as [number | null];
    return code === 0;
  } catch {
    return false;
  }
}
