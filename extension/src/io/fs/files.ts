import { constants, existsSync } from 'node:fs';
import { copyFile, lstat, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isNotFound } from './errno';

/** Whether a file or folder exists at `path`, through symlinks. */
export function exists(path: string): boolean {
  return existsSync(path);
}

/** The bytes of the file at `path`; undefined if there is none. */
export async function sizeAt(path: string): Promise<number | undefined> {
  try {
    const stats = await lstat(path);
    return stats.isFile() ? stats.size : undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The text of the file at `path`; undefined if it does not exist. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Writes a file, and creates the missing folders above it. A kill may leave it incomplete. */
export async function writeText(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

/**
 * Writes a file that must not exist yet, and creates the missing folders above it. With `flush`, the content is durable
 * when this resolves. Throws EEXIST.
 */
export async function writeNewFile(path: string, content: Uint8Array, { flush = false } = {}): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content, { flag: 'wx', flush });
}

/** Copies a file, by reference if the file system can, and creates the missing folders above `target`. */
export async function copyTo(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await copyFile(source, target, constants.COPYFILE_FICLONE);
}

/** Renames a file, and creates the missing folders above `target`. */
export async function moveTo(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await rename(source, target);
}
