import { statSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { vi } from 'vitest';

/** Reads of an existing file fail from now on, as those of a bad sector do. */
export async function failReads(file: string): Promise<void> {
  const { ino } = statSync(file);
  const handle = await open(file);
  const prototype = Object.getPrototypeOf(handle) as { read: (this: FileHandle, ...args: unknown[]) => unknown };
  await handle.close();
  const { read } = prototype;
  vi.spyOn(prototype, 'read').mockImplementation(async function (this: FileHandle, ...args) {
    if ((await this.stat()).ino === ino) throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
    return read.apply(this, args);
  });
}
