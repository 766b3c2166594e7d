import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ndjsonBlocks, ndjsonValues } from '../contract/ndjson';
import type { Change } from '../contract/schemas';
import type { PushRecord, Upload } from './session';

/** Parsing a chunk takes some milliseconds. */
const chunkBytes = 1 << 18;

type Head = Omit<PushRecord, 'changes' | 'uploads'> & { readonly count: { changes: number; uploads: number } };

/** Writes the push as NDJSON: a head with the counts, then the changes, then the uploads. */
export async function writePush(file: string, { changes, uploads, ...rest }: PushRecord): Promise<void> {
  const head: Head = { ...rest, count: { changes: changes.length, uploads: uploads.length } };
  await writeFile(file, ndjsonBlocks(head, concatenated(changes, uploads)));
}

/** Returns undefined if the file does not exist. Throws if it is truncated, as power loss may leave it. */
export async function readPush(file: string): Promise<PushRecord | undefined> {
  if (!existsSync(file)) return undefined;
  let head: Head | undefined;
  const items: unknown[] = [];
  for await (const values of ndjsonValues(chunksOf(await readFile(file)))) {
    head ??= values.shift() as Head;
    for (const value of values) items.push(value);
  }
  if (head === undefined || items.length !== head.count.changes + head.count.uploads) {
    throw new Error(`${file} is truncated`);
  }
  const { count, ...rest } = head;
  return {
    ...rest,
    changes: items.slice(0, count.changes) as Change[],
    uploads: items.slice(count.changes) as Upload[],
  };
}

/** For a small file, a read stream would take several times as long. */
async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, undefined> {
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    if (start > 0) await nextTurn();
    yield bytes.subarray(start, start + chunkBytes);
  }
}

function* concatenated(changes: readonly Change[], uploads: readonly Upload[]): Generator<Change | Upload, undefined> {
  yield* changes;
  yield* uploads;
}
