import { lstatSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isNotFound } from '../fs/errno';
import { yielder } from '../threads/yielding';

/** The shortest pause between two looks, in milliseconds. */
const minPauseMs = 100;
/** The pause after a look for each file that it saw, in milliseconds: about ten times as long as the look. */
const pauseMsPerFile = 0.05;
/** The bytes that may arrive beyond those that were declared. */
const marginBytes = 16 << 20;
/** Each run receives into one temporary file, and a killed run leaves its own. */
const maxTemporary = 64;
/** The names that rsync gives to its temporary files. */
const temporaryName = /^\..*\.[A-Za-z0-9]{6}$/s;

/** The content of a staging folder that the server did not declare. `path` is relative to the folder. */
export type Excess =
  | { readonly kind: 'undeclared'; readonly path: string }
  | { readonly kind: 'tooLarge'; readonly path: string; readonly limit: number }
  | { readonly kind: 'tooMuch'; readonly limit: number };

export interface StagingWatchRequest {
  readonly staging: string;
  /** The declared sizes of the requested files in bytes, by path. */
  readonly sizes: ReadonlyMap<string, number>;
}

interface StagedFile {
  readonly path: string;
  readonly name: string;
  readonly size: number;
}

/**
 * Looks at the files that rsync writes into a staging folder, while it runs: compressed, the content of a whole disk is
 * only some megabytes on the wire. Finds files that were not requested, or are larger than the server declared.
 */
export class StagingWatch {
  readonly #request: StagingWatchRequest;
  #maxBytes = marginBytes;
  /** The sizes of the files that were there before: copies of local files, and parts of other versions. */
  readonly #present = new Map<string, number>();
  readonly #found = new AbortController();
  readonly #end = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #excess: Excess | undefined;

  /** Resolves when it has seen what is in the folder already. */
  static async start(request: StagingWatchRequest): Promise<StagingWatch> {
    const watch = new StagingWatch(request);
    for await (const { path, size } of filesIn(request.staging)) {
      watch.#maxBytes += size;
      if (size > (request.sizes.get(path) ?? -1)) watch.#present.set(path, size);
    }
    // A disk that fails shows in rsync's own error.
    watch.#running = watch.#run().catch(() => undefined);
    return watch;
  }

  private constructor(request: StagingWatchRequest) {
    this.#request = request;
    // A file takes room beside the incomplete one that it will replace.
    for (const size of request.sizes.values()) this.#maxBytes += 2 * size;
  }

  /** Aborted when something is found, see `excess`. */
  get found(): AbortSignal {
    return this.#found.signal;
  }

  get excess(): Excess | undefined {
    return this.#excess;
  }

  /** Looks a last time, when rsync has ended. */
  async finish(): Promise<void> {
    this.stop();
    await this.#running;
    this.#excess ??= (await this.#look()).excess;
  }

  stop(): void {
    this.#end.abort();
  }

  async #run(): Promise<void> {
    while (!this.#end.signal.aborted) {
      const { excess, files } = await this.#look();
      this.#excess = excess;
      if (excess !== undefined) return this.#found.abort();
      const pauseMs = Math.max(minPauseMs, pauseMsPerFile * files);
      await delay(pauseMs, undefined, { signal: this.#end.signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<{ readonly files: number; readonly excess?: Excess }> {
    let files = 0;
    let bytes = 0;
    let temporary = 0;
    for await (const { path, name, size } of filesIn(this.#request.staging)) {
      files++;
      bytes += size;
      const limit = Math.max(this.#request.sizes.get(path) ?? -1, this.#present.get(path) ?? -1);
      if (limit >= 0) {
        if (size > limit) return { files, excess: { kind: 'tooLarge', path, limit } };
      } else if (!temporaryName.test(name) || ++temporary > maxTemporary) {
        return { files, excess: { kind: 'undeclared', path } };
      }
      if (bytes > this.#maxBytes) return { files, excess: { kind: 'tooMuch', limit: this.#maxBytes } };
    }
    return { files };
  }
}

/** Everything in `folder` that is not a folder, while rsync renames and removes files there. */
async function* filesIn(folder: string): AsyncGenerator<StagedFile, undefined> {
  const pause = yielder();
  const folders = [''];
  for (let prefix = folders.pop(); prefix !== undefined; prefix = folders.pop()) {
    for await (const { name, isFolder } of entriesIn(join(folder, prefix))) {
      const path = prefix + name;
      if (isFolder) folders.push(`${path}/`);
      // Synchronous, since a call through the thread pool takes ten times as long.
      else yield { path, name, size: lstatSync(join(folder, path), { throwIfNoEntry: false })?.size ?? 0 };
      await pause();
    }
  }
}

async function* entriesIn(folder: string): AsyncGenerator<{ name: string; isFolder: boolean }, undefined> {
  try {
    for await (const entry of await opendir(folder, { bufferSize: 256 })) {
      yield { name: entry.name, isFolder: entry.isDirectory() };
    }
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
