import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { statfsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { release } from 'node:os';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { errnoOf } from './errno';
import { contentStampOf, type ContentStamp } from './fileStamp';

/**
 * Replaces the file at `path`, and returns the stamp of the new one. Once this resolves, the new content is durable.
 * Invariant: a kill or power loss at any point leaves either the complete old content or the complete new content.
 */
export async function replaceFile(path: string, content: Uint8Array | Iterable<string>): Promise<ContentStamp> {
  const temporary = `${path}.${process.pid}-${randomUUID().slice(0, 8)}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    let stamp: ContentStamp;
    try {
      await file.writeFile(content);
      await file.sync();
      stamp = contentStampOf(await file.stat({ bigint: true }));
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await flushFolder(dirname(path));
    return stamp;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** The statfs types of ext2 to ext4, XFS, Btrfs, F2FS, ZFS and tmpfs. On others, syncfs(2) may flush nothing. */
const syncedTypes = new Set([0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x2fc12fc1, 0x01021994]);

/**
 * Whether `flushFileSystem` is reliable for `folder`. Before Linux 5.8 syncfs(2) reports no failed writes, and some file
 * systems, such as FUSE, need not write at all.
 */
export function canFlushFileSystem(folder: string): boolean {
  if (process.platform !== 'linux') return false;
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return (major > 5 || (major === 5 && minor >= 8)) && syncedTypes.has(statfsSync(folder).type);
}

/**
 * Flushes the whole file system of `folder`, which for many files takes a fraction of the time of flushing each.
 * Returns false if that failed, for example because `sync` is neither GNU's nor BusyBox's and lacks `-f`: nothing is
 * durable then.
 */
export async function flushFileSystem(folder: string): Promise<boolean> {
  try {
    await promisify(execFile)('sync', ['-f', '--', folder]);
    return true;
  } catch {
    return false;
  }
}

/** Makes the content of the file at `path` durable. */
export async function flushFile(path: string): Promise<void> {
  // Windows flushes only files that are open for writing.
  const file = await open(path, process.platform === 'win32' ? 'r+' : 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the names in `folder` durable. Windows cannot open a folder for that and does not need it. */
export async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems cannot sync folders: their names are as durable as they can be.
    if (errnoOf(error) !== 'EINVAL' && errnoOf(error) !== 'ENOTSUP') throw error;
  } finally {
    await handle.close();
  }
}
