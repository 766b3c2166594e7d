import { stat } from 'node:fs/promises';
import { PalmtreeError } from '../../../errors';
import { knownFreeBytes } from './diskState';

export interface RoomRequest {
  /** The folders that are filled one after the other. Files are moved between those on one disk. */
  readonly folders: readonly string[];
  /** The bytes that each folder receives. */
  readonly bytes: number;
}

/** Throws disk_full, with the disk's folder and figures, if the disk of a folder has less free space than `bytes`. */
export async function requireRoom({ folders, bytes }: RoomRequest): Promise<void> {
  if (bytes === 0) return;
  const checked = new Set<bigint>();
  for (const folder of folders) {
    const { dev } = await stat(folder, { bigint: true });
    if (checked.has(dev)) continue;
    checked.add(dev);
    const free = await knownFreeBytes(folder);
    if (free === undefined || free >= bytes) continue;
    const message = `the disk of ${folder} has ${free} bytes, and ${bytes} are needed`;
    const details = { subject: folder, room: { needed: bytes, free } };
    throw new PalmtreeError('disk_full', message, { details });
  }
}
