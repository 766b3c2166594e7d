import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { errnoOf, isNotFound } from './errno';
import { exists, moveTo } from './files';

/** Creates a folder and the missing folders above it. `mode` is that of all of them, before the process's umask. */
export async function createFolder(path: string, mode = 0o777): Promise<void> {
  await mkdir(path, { recursive: true, mode });
}

/** Removes a file, or a folder with everything in it, if it exists. */
export async function removeAll(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    // Nothing exists at a path that is too long.
    if (errnoOf(error) !== 'ENAMETOOLONG') throw error;
  }
}

/** The names in a folder; none if it does not exist. */
export async function listNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

/** The absolute paths of all files and symlinks below a folder, at any depth; none if it does not exist. */
export async function listFiles(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

/** Moves the files of a folder into another one, except those whose paths that one has already. */
export async function moveMissing(from: string, to: string): Promise<void> {
  for (const file of await listFiles(from)) {
    const target = join(to, relative(from, file));
    if (exists(target)) continue;
    try {
      await moveTo(file, target);
    } catch (error) {
      // A file of `to` is in the place of a folder.
      if (errnoOf(error) !== 'EEXIST' && errnoOf(error) !== 'ENOTDIR') throw error;
    }
  }
}
