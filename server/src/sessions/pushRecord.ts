import { existsSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { ndjsonBlocks, ndjsonValues } from '../contract/ndjson';
import type { Change } from '../contract/schemas';
import type { PushRecord, Upload } from './session';

/** Parsing a chunk takes some milliseconds. */
const chunkBytes = 1 << 18;

type Head = Omit<PushRecord, 'changes' | 'uploads'> & { readonly count: { changes: number; uploads: number } };

/** An upload that has the content of a change is its index. Older servers wrote all uploads in full. */
type UploadLine = Upload | number;

/** Writes the push as NDJSON: a head with the counts, then the changes, then the uploads. */
export async function writePush(file: string, { changes, uploads, ...rest }: PushRecord): Promise<void> {
  const head: Head = { ...rest, count: { changes: changes.length, uploads: uploads.length } };
  await writeFile(file, ndjsonBlocks(head, linesOf(changes, uploads)));
}

/** Returns undefined if the file does not exist. Throws if it is truncated, as power loss may leave it. */
export async function readPush(file: string): Promise<PushRecord | undefined> {
  if (!existsSync(file)) return undefined;
  let head: Head | undefined;
  const changes: Change[] = [];
  const uploads: Upload[] = [];
  for await (const values of ndjsonValues(chunksOf(file))) {
    head ??= values.shift() as Head;
    for (const value of values) {
      if (changes.length < head.count.changes) changes.push(value as Change);
      else uploads.push(uploadOf(value as UploadLine, changes));
    }
  }
  if (changes.length !== head?.count.changes || uploads.length !== head.count.uploads) {
    throw new Error(`${file} is truncated`);
  }
  const { count: _count, ...rest } = head;
  return { ...rest, changes, uploads };
}

async function* chunksOf(file: string): AsyncGenerator<Uint8Array, undefined> {
  const handle = await open(file, 'r');
  try {
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkBytes));
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

function* linesOf(changes: readonly Change[], uploads: readonly Upload[]): Generator<Change | UploadLine, undefined> {
  const indexes = new Map<string, number>();
  for (const [index, change] of changes.entries()) {
    if (change.op === 'put') indexes.set(change.path, index);
    yield change;
  }
  for (const upload of uploads) {
    const index = indexes.get(upload.path);
    const change = index === undefined ? undefined : changes[index];
    yield index !== undefined && change?.op === 'put' && change.hash === upload.hash ? index : upload;
  }
}

function uploadOf(line: UploadLine, changes: readonly Change[]): Upload {
  if (typeof line !== 'number') return line;
  const change = changes[line];
  if (change?.op !== 'put') throw new Error(`the push has no content ${line}`);
  const { path, hash, size } = change;
  return { path, hash, size };
}
