import { statfs } from 'node:fs/promises';
import { WireError } from '../errors';

const defaultKeptBytes = 256 << 20;
const defaultKeptShare = 0.05;

export interface DiskSpaceOptions {
  /** Bytes that pushes leave free, for the database and for pulls. By default 256 MiB, or 5 % of a smaller disk. */
  readonly keptBytes?: number | undefined;
}

/** Shares the free space of the data folder's disk between pushes, so that a push that has begun can be completed. */
export class DiskSpace {
  readonly #folder: string;
  readonly #options: DiskSpaceOptions;
  /** Bytes that have still to arrive, by the id of the push. */
  readonly #promised = new Map<string, number>();

  constructor(folder: string, options: DiskSpaceOptions = {}) {
    this.#folder = folder;
    this.#options = options;
  }

  /** `freeBytes` is what the disk has, and `isScarce` whether pushes have to stop: less than half of the kept bytes is free. */
  async state(): Promise<{ readonly freeBytes: number; readonly keptBytes: number; readonly isScarce: boolean }> {
    const { bavail, bsize, blocks } = await statfs(this.#folder);
    const freeBytes = bavail * bsize;
    const keptBytes = this.#options.keptBytes ?? Math.min(defaultKeptBytes, blocks * bsize * defaultKeptShare);
    return { freeBytes, keptBytes, isScarce: freeBytes < keptBytes / 2 };
  }

  isPromised(id: string): boolean {
    return this.#promised.has(id);
  }

  promisedBytes(id: string): number {
    return this.#promised.get(id) ?? 0;
  }

  /**
   * Keeps `bytes` for a push. Throws storage_full if that is more than is left beside the promises to others. With `kept`,
   * the push may use half of the room that pushes leave free.
   */
  async promise(id: string, bytes: number, from: 'free' | 'kept' = 'free'): Promise<void> {
    const { freeBytes, keptBytes } = await this.state();
    const room = this.#roomIn({ freeBytes, keptBytes: from === 'free' ? keptBytes : keptBytes / 2 }, id);
    // No await from here on: another push would see neither this promise nor its own in the sum.
    if (bytes > 0 && bytes > room) throw noRoom('push', bytes, room);
    this.#promised.set(id, bytes);
  }

  /** Throws storage_full if `bytes` would leave less than a quarter of the room that pushes leave free. */
  async requireRoomForView(bytes: number): Promise<void> {
    const { freeBytes, keptBytes } = await this.state();
    const room = Math.max(0, Math.floor(freeBytes - keptBytes / 4));
    if (bytes > room) throw noRoom('pull', bytes, room);
  }

  /** Throws storage_full if a copy of `bytes` for a pull would need more than is left beside the promises to pushes. */
  async requireRoomForCopy(bytes: number): Promise<void> {
    const room = this.#roomIn(await this.state());
    if (bytes > room) throw noRoom('pull', bytes, room);
  }

  /** Whether `bytes` can be written beside the promises to pushes, by work that can wait. */
  async hasRoom(bytes: number): Promise<boolean> {
    return bytes <= this.#roomIn(await this.state());
  }

  #roomIn({ freeBytes, keptBytes }: { freeBytes: number; keptBytes: number }, id?: string): number {
    let promisedToOthers = 0;
    for (const [other, promised] of this.#promised) if (other !== id) promisedToOthers += promised;
    return Math.max(0, Math.floor(freeBytes - keptBytes - promisedToOthers));
  }

  /** `bytes` of the promised ones have still to arrive. */
  update(id: string, bytes: number): void {
    if (this.#promised.has(id)) this.#promised.set(id, bytes);
  }

  release(id: string): void {
    this.#promised.delete(id);
  }
}

function noRoom(transfer: 'push' | 'pull', bytes: number, room: number): WireError {
  const message = `the ${transfer} needs ${bytes} bytes, and the server has room for ${room}`;
  return new WireError('storage_full', message, { room: { needed: bytes, free: room } });
}
