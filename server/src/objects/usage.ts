import { lstatSync } from 'node:fs';

/** Files and the bytes that they take on the disk. */
export interface Usage {
  readonly files: number;
  readonly bytes: number;
}

export const noUsage: Usage = { files: 0, bytes: 0 };

/** `st_blocks` counts these units, whatever the size of the file system's blocks is. */
const blockBytes = 512;

export function sumOf(left: Usage, right: Usage): Usage {
  return { files: left.files + right.files, bytes: left.bytes + right.bytes };
}

/** Nothing for a file that does not exist. */
export function fileUsage(file: string): Usage {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  return stats === undefined ? noUsage : { files: 1, bytes: stats.blocks * blockBytes };
}

/** The same if the file is removed: its bytes are freed with its last name. */
export function freeableFile(file: string): Usage {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return noUsage;
  return { files: 1, bytes: stats.nlink === 1 ? stats.blocks * blockBytes : 0 };
}
