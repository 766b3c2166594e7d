import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { lineBlocks, lineValues } from '../contract/lines';
import type { Change } from '../contract/schemas';
import type { PendingPush, Upload } from './session';

type Head = Omit<PendingPush, 'changes' | 'uploads'> & { readonly count: { changes: number; uploads: number } };

/** Writes the push line by line: a head that tells how many of both there are, the changes, and the uploads. */
export async function writePush(file: string, { changes, uploads, ...rest }: PendingPush): Promise<void> {
  const head: Head = { ...rest, count: { changes: changes.length, uploads: uploads.length } };
  await writeFile(file, lineBlocks(head, both(changes, uploads)));
}

/** Throws when the file does not hold all that was written: power loss may leave it so. */
export async function readPush(file: string): Promise<PendingPush> {
  let head: Head | undefined;
  const items: unknown[] = [];
  for await (const values of lineValues(createReadStream(file))) {
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

function* both(changes: readonly Change[], uploads: readonly Upload[]): Generator<Change | Upload, undefined> {
  yield* changes;
  yield* uploads;
}
