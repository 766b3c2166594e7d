import { statfsSync } from 'node:fs';
import { UserError } from './userError.mjs';

/**
 * Refuses, in one line, to begin what the disk cannot hold: npm would fail half way.
 *
 * @param {string} folder
 * @param {number} megabytes
 */
export function requireSpace(folder, megabytes) {
  const { bavail, bsize } = statfsSync(folder);
  const free = Math.floor((bavail * bsize) / 1_000_000);
  if (free >= megabytes) return;
  throw new UserError(
    `${folder} is on a disk with ${free} MB free; ${megabytes} MB are needed: free some and run the command again.`,
  );
}
