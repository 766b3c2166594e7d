import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { timed, type Figures } from './measure.mts';

/** The baseline for hashing: one thread per core opens, stats, reads and hashes one file after another. */
export async function hashLoop(folder: string): Promise<Figures> {
  const threads = availableParallelism();
  return timed(async () => {
    const paths = filesBelow(folder);
    const workers = Array.from({ length: threads }, (_, thread) => {
      const ownPaths = paths.filter((_path, index) => index % threads === thread);
      const worker = new Worker(import.meta.filename, { workerData: ownPaths });
      return new Promise<void>((resolve, reject) => {
        worker.once('error', reject);
        worker.once('message', () => resolve());
      });
    });
    await Promise.all(workers);
  });
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []));
}

if (!isMainThread) {
  const buffer = Buffer.alloc(1 << 16);
  let bytes = 0;
  for (const path of workerData as readonly string[]) {
    const file = openSync(path, 'r');
    const { size } = fstatSync(file, { bigint: true });
    const hash = createHash('sha256');
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
      hash.update(buffer.subarray(0, read));
    }
    hash.digest('hex');
    closeSync(file);
    bytes += Number(size);
  }
  parentPort?.postMessage(bytes);
}
