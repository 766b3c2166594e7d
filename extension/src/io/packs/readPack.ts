import { closeSync, futimesSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from '../fs/errno';
import { sha256 } from '../fs/sha256';
import { utimesSeconds } from '../fs/utimes';
import type { UnpackedFile } from './packMessages';

/** Until a file is in the workspace folder, its owner may read and replace it. */
const ownerMode = 0o600;

/**
 * Writes the files whose bytes in `pack` have their hash, with their times and, as far as the process's umask lets them,
 * their modes. Returns the indexes of the others. The pack may be incomplete. Throws the system's error if a file cannot be
 * written.
 */
export function readPack(pack: string, files: readonly UnpackedFile[]): number[] {
  const input = openSync(pack, 'r');
  const folders = new Set<string>();
  const missing: number[] = [];
  try {
    const buffer = Buffer.allocUnsafe(Math.max(0, ...files.map(({ size }) => size)));
    for (const [index, file] of files.entries()) {
      const { offset, size, hash } = file;
      const bytes = buffer.subarray(0, size === 0 ? 0 : readSync(input, buffer, 0, size, offset));
      if (bytes.length !== size || sha256(bytes) !== hash) missing.push(index);
      else writeStaged(file, bytes, folders);
    }
  } finally {
    closeSync(input);
  }
  return missing;
}

function writeStaged(file: UnpackedFile, bytes: Uint8Array, folders: Set<string>): void {
  const folder = dirname(file.target);
  if (!folders.has(folder)) mkdirSync(folder, { recursive: true });
  folders.add(folder);
  try {
    writeNew(file, bytes);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    // An interrupted download has left it.
    rmSync(file.target);
    writeNew(file, bytes);
  }
}

function writeNew({ target, mode, mtimeNs }: UnpackedFile, bytes: Uint8Array): void {
  const output = openSync(target, 'wx', mode | ownerMode);
  try {
    for (let written = 0; written < bytes.length;) written += writeSync(output, bytes, written);
    futimesSync(output, utimesSeconds(mtimeNs), utimesSeconds(mtimeNs));
  } finally {
    closeSync(output);
  }
}
