import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { inParallel } from '../concurrency/inParallel';

/** With more files, one flush of the whole file system costs less than an fsync for each. */
const fewFiles = 16;

/** Returns when the files survive a power loss. */
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
 * True when all that is in `folder` survives a power loss; false where each of the `count` files has to be flushed.
 * `sync -f` is GNU's and BusyBox's; elsewhere `sync` takes no file, or only begins the flush. It also waits for what
 * others have written there.
 */
export async function flushFileSystem(folder: string, count: number): Promise<boolean> {
  return count > fewFiles && process.platform === 'linux' && (await syncFileSystem(folder));
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
