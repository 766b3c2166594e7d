import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parsedJson } from '../../core/parsedJson';
import { replaceFile } from '../fs/durable';
import { readText } from '../fs/files';
import { asStoreError } from './storeError';
import { ProcessLock } from './processLock';

const lockWaitMs = 30_000;

export interface LockedFileDeps<T> {
  readonly path: string;
  /** Converts the parsed JSON; undefined if it is not valid. */
  readonly parse: (value: unknown) => T | undefined;
}

/** A JSON file that processes share. It is only ever replaced as a whole, under a lock beside it. */
export class LockedFile<T> {
  readonly path: string;
  readonly #parse: (value: unknown) => T | undefined;
  readonly #lock: ProcessLock;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ path, parse }: LockedFileDeps<T>) {
    this.path = path;
    this.#parse = parse;
    this.#lock = new ProcessLock(`${path}.lock`, { waitMs: lockWaitMs });
  }

  /** The value; undefined if the file is missing or damaged. Throws store_failed or read_only. */
  async read(): Promise<T | undefined> {
    try {
      const text = await readText(this.path);
      return text === undefined ? undefined : this.#parse(parsedJson(text));
    } catch (error) {
      throw asStoreError(error, this.path);
    }
  }

  /**
   * Replaces the value under the lock by what `change` returns; undefined leaves the file as it is.
   * Throws store_locked, store_failed, disk_full, read_only, and the errors of `change`.
   */
  update(change: (value: T | undefined) => Promise<T | undefined> | T | undefined): Promise<void> {
    const result = this.#last.then(async () => {
      try {
        await mkdir(dirname(this.path), { recursive: true });
        const release = await this.#lock.acquire();
        try {
          const changed = await change(await this.read());
          if (changed !== undefined) await replaceFile(this.path, [JSON.stringify(changed)]);
        } finally {
          await release();
        }
      } catch (error) {
        throw asStoreError(error, this.path);
      }
    });
    this.#last = result.catch(() => undefined);
    return result;
  }
}
