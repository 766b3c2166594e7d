import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { flushFiles } from '../flush';
import { writeFully } from '../writeFully';

export const packMode = 0o444;

/** A pack in the making. Until the database names it, a kill leaves a file that nothing refers to. */
export class PackWriter {
  readonly name: string;
  readonly #file: string;
  readonly #handle: FileHandle;
  #bytes = 0;

  private constructor(name: string, file: string, handle: FileHandle) {
    this.name = name;
    this.#file = file;
    this.#handle = handle;
  }

  /** `fileOf` returns the file of the pack with a name. */
  static async create(fileOf: (name: string) => string): Promise<PackWriter> {
    const name = randomUUID();
    const file = fileOf(name);
    mkdirSync(dirname(file), { recursive: true });
    return new PackWriter(name, file, await open(file, 'wx', 0o600));
  }

  /** The bytes that it has so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Returns the offset of the bytes in the pack. */
  async append(bytes: Buffer): Promise<number> {
    const offset = this.#bytes;
    await writeFully(this.#handle, bytes);
    this.#bytes += bytes.length;
    return offset;
  }

  /** Resolves when the pack is durable. */
  async finish(): Promise<void> {
    chmodSync(this.#file, packMode);
    await this.#handle.sync();
    await this.#handle.close();
    const shard = dirname(this.#file);
    await flushFiles([shard, dirname(shard)]);
  }

  /** Removes the file. */
  async abandon(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    rmSync(this.#file, { force: true });
  }
}
