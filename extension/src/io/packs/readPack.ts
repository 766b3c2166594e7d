import { closeSync, mkdirSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from '../fs/errno';
import { sha256 } from '../fs/sha256';
import type { UnpackedFile } from './packMessages';

/** The owner's alone until the file gets its mode, next to its target. */
const stagedMode = 0o600;

/**
 * Writes the files whose bytes in `pack` have their hash, and returns the indexes of the others. The pack may be incomplete.
 * Throws the system's error if a file cannot be written.
 */
export function readPack(pack: string, files: readonly UnpackedFile[]): number[] {
  const input = openSync(pack, 'r');
  const folders = new Set<string>();
  const missing: number[] = [];
  try {
    const buffer = Buffer.allocUnsafe(Math.max(0, ...files.map(({ size }) => size)));
    for (const [index, { offset, size, hash, target }] of files.entries()) {
      const bytes = buffer.subarray(0, size === 0 ? 0 : readSync(input, buffer, 0, size, offset));
      if (bytes.length !== size || sha256(bytes) !== hash) missing.push(index);
      else writeStaged(target, bytes, folders);
    }
  } finally {
    closeSync(input);
  }
  return missing;
}

function writeStaged(target: string, bytes: Uint8Array, folders: Set<string>): void {
  const folder = dirname(target);
  if (!folders.has(folder)) mkdirSync(folder, { recursive: true });
  folders.add(folder);
  try {
    writeFileSync(target, bytes, { flag: 'wx', mode: stagedMode });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    // What an interrupted download has left.
    rmSync(target);
    writeFileSync(target, bytes, { flag: 'wx', mode: stagedMode });
  }
}
