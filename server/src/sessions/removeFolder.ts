import { randomUUID } from 'node:crypto';
import { chmodSync, lstatSync, readdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inSlices } from '../concurrency/inSlices';

/**
 * Removes whatever lies at `folder`, if anything. A client may have filled it: with subfolders whose modes forbid reading
 * them, and so deep that their paths are too long for the system.
 */
export async function removeFolder(folder: string): Promise<void> {
  // Reading a symlink as a folder would empty the folder that it leads to.
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink() === true) return unlinkSync(folder);
  try {
    // Node's recursive `rm` takes ten times as long for many files.
    await inSlices(removalsDeepestFirst(folder), (remove) => remove());
  } catch {
    await removeStubborn(folder);
  }
}

async function removeStubborn(folder: string): Promise<void> {
  try {
    await inSlices(removalsFlattened(folder), (remove) => remove());
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function* removalsDeepestFirst(folder: string): Generator<() => void> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* removalsDeepestFirst(path);
    else yield () => unlinkSync(path);
  }
  yield () => rmdirSync(folder);
}

/** Moves each subfolder up to `root` before it visits that, so that every path has at most two names below `root`. */
function* removalsFlattened(root: string): Generator<() => void> {
  const folders = [root];
  for (const folder of folders) {
    chmodSync(folder, 0o700);
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (!entry.isDirectory()) {
        yield () => unlinkSync(path);
        continue;
      }
      const moved = join(root, randomUUID());
      folders.push(moved);
      yield () => {
        // Its entry ".." changes, which its mode may forbid.
        chmodSync(path, 0o700);
        renameSync(path, moved);
      };
    }
  }
  for (const folder of folders.toReversed()) yield () => rmdirSync(folder);
}
