import type { FileHandle } from 'node:fs/promises';

/** A file is read in pieces of this many bytes: a slow line has to take one before it counts as lost. */
export const pieceBytes = 128 << 10;

/** Fewer bytes than `length` only at the end of the file. */
export async function readFully(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(buffer, read, length - read, position + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return buffer.subarray(0, read);
}
