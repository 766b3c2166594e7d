import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { errnoOf } from '../fs/errno';
import { readNoFollow } from '../fs/openFlags';
import type { PackedFile } from './packMessages';

const bufferBytes = 1 << 20;

/**
 * Writes a pack. A file that cannot be read, or has another size, leaves zeros: the server finds it by its hash, as it finds a
 * file that has changed. Throws the system's error if the pack cannot be written.
 */
export function writePack(pack: string, files: readonly PackedFile[]): void {
  const output = openSync(pack, 'w', 0o600);
  try {
    const buffer = Buffer.alloc(bufferBytes);
    let position = 0;
    let filled = 0;
    const flush = (): void => {
      if (filled > 0) writeSync(output, buffer, 0, filled, position);
      position += filled;
      buffer.fill(0, 0, filled);
      filled = 0;
    };
    for (const { file, size } of files) {
      if (filled + size > bufferBytes) flush();
      readInto(buffer.subarray(filled, filled + size), file);
      filled += size;
    }
    flush();
    // Without this, zeros at the end would be missing.
    ftruncateSync(output, position);
  } finally {
    closeSync(output);
  }
}

function readInto(target: Buffer, file: string): void {
  let input: number | undefined;
  try {
    input = openSync(file, readNoFollow);
    const stats = fstatSync(input);
    if (stats.isFile() && stats.size === target.length) readSync(input, target, 0, target.length, 0);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  } finally {
    if (input !== undefined) closeSync(input);
  }
}
