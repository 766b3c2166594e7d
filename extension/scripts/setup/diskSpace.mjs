import { statfsSync } from 'node:fs';
import { UserError } from '../userError.mjs';

/**
 * Throws a UserError if the disk has less free space than this, so that npm does not fail halfway.
 *
 * @param {string} folder
 * @param {number} megabytes
 */
export function requireSpace(folder, megabytes) {
  const { bavail, bsize } = statfsSync(folder);
  const free = Math.floor((bavail * bsize) / 1_000_000);
  if (free >= megabytes) return;
  throw new UserError(
    `The disk of ${folder} has ${free} MB free, but ${megabytes} MB are needed: free some space, then run this command again.`,
  );
}
