import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';

/** The free space for this user on the disk of `folder`; 0 if it cannot be found out. */
export async function freeBytes(folder: string): Promise<number> {
  return (await knownFreeBytes(folder)) ?? 0;
}

/** `freeBytes`, but undefined if it cannot be found out, as on some network disks, or if the disk has no limit. */
export async function knownFreeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize, blocks } = await statfs(folder);
    return blocks === 0 ? undefined : bavail * bsize;
  } catch {
    return undefined;
  }
}

export async function isWritable(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
