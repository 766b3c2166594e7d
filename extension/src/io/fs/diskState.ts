import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';

/** The free space for this user on the disk of `folder`; 0 if it cannot be found out. */
export async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return 0;
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
