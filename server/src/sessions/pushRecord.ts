import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ndjsonBlocks, ndjsonValues } from '../contract/ndjson';
import type { Change } from '../contract/schemas';
import type { PendingPush, Upload } from './session';

/** Parsing them takes some milliseconds. */
const pieceBytes = 1 << 18;

type Head = Omit<PendingPush, 'changes' | 'uploads'> & { readonly count: { changes: number; uploads: number } };

/** Writes the push line by line: a head that tells how many of both there are, the changes, and the uploads. */
export async function writePush(file: string, { changes, uploads, ...rest }: PendingPush): Promise<void> {
  const head: Head = { ...rest, count: { changes: changes.length, uploads: uploads.length } };
  await writeFile(file, ndjsonBlocks(head, both(changes, uploads)));
}

/** Undefined when there is none. Throws when the file does not hold all that was written: power loss may leave it so. */
export async function readPush(file: string): Promise<PendingPush | undefined> {
  if (!existsSync(file)) return undefined;
  let head: Head | undefined;
  const items: unknown[] = [];
  for await (const values of ndjsonValues(inPieces(await readFile(file)))) {
    head ??= values.shift() as Head;
    for (const value of values) items.push(value);
  }
  if (head === undefined || items.length !== head.count.changes + head.count.uploads) {
    throw new Error(`${file} is cut short`);
  }
  const { count, ...rest } = head;
  return {
    ...rest,
    changes: items.slice(0, count.changes) as Change[],
    uploads: items.slice(count.changes) as Upload[],
  };
}

/** A stream would take several times as long for a small file. */
async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array, undefined> {
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    if (start > 0) await nextTurn();
    yield bytes.subarray(start, start + pieceBytes);
  }
}

function* both(changes: readonly Change[], uploads: readonly Upload[]): Generator<Change | Upload, undefined> {
  yield* changes;
  yield* uploads;
}
