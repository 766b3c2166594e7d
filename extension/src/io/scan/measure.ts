import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { inParallel } from '../threads/inParallel';

/** Node runs four calls of the file system at once. */
const concurrency = 8;

export interface Measured {
  readonly files: number;
  readonly bytes: number;
  /** There may be more: a limit was reached. */
  readonly isPartial: boolean;
}

export interface MeasureOptions {
  /** Whether to leave out a path, as relative to the root. */
  readonly isExcluded: (path: string, isFolder: boolean) => boolean;
  /** Stops after this many files. */
  readonly maxFiles?: number;
  /** Stops after this many bytes. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

/**
 * Adds up the files at `path`, which is relative to `root`, and in it. Follows no links, and leaves out what it cannot read.
 * Ends early, with what it has, at a limit or when the signal is aborted.
 */
export async function measure(root: string, path: string, options: MeasureOptions): Promise<Measured> {
  const { maxFiles = Infinity, maxBytes = Infinity, isExcluded, signal } = options;
  let files = 0;
  let bytes = 0;
  const isDone = (): boolean => files >= maxFiles || bytes > maxBytes || signal?.aborted === true;
  const add = async (file: string): Promise<void> => {
    if (isDone()) return;
    files++;
    const stats = await lstat(join(root, file)).catch(() => undefined);
    if (stats === undefined) files--;
    else bytes += stats.size;
  };
  const own = await lstat(join(root, path)).catch(() => undefined);
  if (own === undefined) return { files, bytes, isPartial: false };
  if (!own.isDirectory()) return { files: 1, bytes: own.size, isPartial: false };
  const folders = [path];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for await (const items of batchesOf(join(root, folder))) {
      const found: string[] = [];
      for (const item of items) {
        const child = folder === '' ? item.name : `${folder}/${item.name}`;
        if (isExcluded(child, item.isDirectory())) continue;
        if (item.isDirectory()) folders.push(child);
        else found.push(child);
      }
      await inParallel(found, concurrency, add);
      if (isDone()) return { files, bytes, isPartial: true };
    }
  }
  return { files, bytes, isPartial: false };
}

const batchSize = 256;

interface Item {
  readonly name: string;
  readonly isDirectory: () => boolean;
}

async function* batchesOf(folder: string): AsyncGenerator<readonly Item[]> {
  let batch: Item[] = [];
  try {
    for await (const item of await opendir(folder, { bufferSize: batchSize })) {
      batch.push(item);
      if (batch.length < batchSize) continue;
      yield batch;
      batch = [];
    }
  } catch {
    // A folder that may not be read contains nothing that could be synced.
  }
  yield batch;
}
