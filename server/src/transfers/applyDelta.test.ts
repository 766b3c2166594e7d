import { writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../test/temporaryFolder';
import { applyDelta } from './applyDelta';

const blockBytes = 1024;
const basis = Buffer.from(Array.from({ length: 4 * blockBytes }, (_, index) => index % 251));

function copy(first: number, count: number): Buffer {
  const instruction = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 0]);
  instruction.writeUInt32BE(first, 1);
  instruction.writeUInt32BE(count, 5);
  return instruction;
}

function data(text: string): Buffer {
  const head = Buffer.from([2, 0, 0, 0, 0]);
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, Buffer.from(text)]);
}

/** The bytes that the instructions make of the basis. */
async function apply(instructions: Iterable<Buffer>): Promise<Buffer> {
  const path = join(temporaryFolder(), 'basis');
  writeFileSync(path, basis);
  const handle = await open(path);
  onTestFinished(() => handle.close());
  const request = { signal: new AbortController().signal, progress: { bytes: 0 } };
  const made: Uint8Array[] = [];
  const delta = Readable.from(instructions, { objectMode: true, highWaterMark: 1 });
  for await (const piece of applyDelta(delta, { handle, size: basis.length }, request)) made.push(piece);
  return Buffer.concat(made);
}

test('single blocks with a byte before each are put together', async () => {
  const instructions = Array.from({ length: 500 }, (_, index) => [data('x'), copy(index % 4, 1)]).flat();
  const made = await apply(instructions);
  expect(made.length).toBe(500 * (1 + blockBytes));
  expect(made.subarray(1, 1 + blockBytes).equals(basis.subarray(0, blockBytes))).toBe(true);
});

test.each([
  ['no data', data('')],
  ['a byte each', data('x')],
])('a million instructions with %s are refused after the first of them', async (_what, instruction) => {
  let read = 0;
  function* counted(): Generator<Buffer, undefined> {
    for (; read < 1_000_000; read++) yield instruction;
  }
  await expect(apply(counted())).rejects.toMatchObject({ code: 'invalid_request' });
  expect(read).toBeLessThan(100);
});
