import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, ftruncateSync, openSync, statfsSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isStorageFull } from './isStorageFull';

const maxReserveBytes = 8 << 20;
const maxReserveShare = 0.02;
/** Several times what the session of a pull or the database needs to go on. */
const stepBytes = 256 << 10;

/**
 * A file that only takes up room: 8 MiB, or 2 % of a small disk. When other programs have filled the disk, it gives some of that room to work that must be
 * possible even then: pulls, and the commands for tokens.
 */
export class Reserve {
  readonly #file: string;

  constructor(dataFolder: string) {
    this.#file = join(dataFolder, 'reserve');
  }

  /** Fills the file up again. Does nothing more when the disk is full. */
  fill(): void {
    const { blocks, bsize } = statfsSync(dirname(this.#file));
    const wanted = Math.min(maxReserveBytes, blocks * bsize * maxReserveShare);
    this.#change((descriptor, bytes) => {
      // A disk may compress bytes that are equal.
      for (let filled = bytes; filled < wanted; filled += stepBytes) writeSync(descriptor, randomBytes(stepBytes));
    });
  }

  /** Repeats `work` with more room as long as it fails because the disk is full, and there is some left to give. */
  async withRoom<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!isStorageFull(error) || !this.#giveRoom()) throw error;
      }
    }
  }

  #giveRoom(): boolean {
    let hasRoom = false;
    this.#change((descriptor, bytes) => {
      hasRoom = bytes > 0;
      ftruncateSync(descriptor, Math.max(0, bytes - stepBytes));
    });
    return hasRoom;
  }

  #change(change: (descriptor: number, bytes: number) => void): void {
    try {
      const descriptor = openSync(this.#file, 'a+', 0o600);
      try {
        change(descriptor, fstatSync(descriptor).size);
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      if (!isStorageFull(error)) throw error;
    }
  }
}
