import type { FileHandle } from 'node:fs/promises';

/** Appends all bytes. write(2) may write some of them only, as on a disk that becomes full. */
export async function writeFully(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += (await handle.write(bytes, written)).bytesWritten;
  }
}
