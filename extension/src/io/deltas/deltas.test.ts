import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, asyncProperty, array, constantFrom, integer, record, tuple, uint8Array } from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { fillFromBasis } from './fillFromBasis';
import { Signature } from './signature';
import { patched, signatureOf } from './testing/contractFormats';
import { writeDelta } from './writeDelta';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palmtree-deltas-'));
});
afterAll(() => rm(folder, { recursive: true }));

function parsed(content: Uint8Array): Signature {
  return Signature.parse(signatureOf(content)) ?? expect.fail('not a signature');
}

/** Contents with many equal blocks, and blocks of zeros. */
const content = array(tuple(constantFrom(0, 1, 2, 3), integer({ min: 1, max: 3_000 })), { maxLength: 12 }).map((runs) =>
  Buffer.concat(
    runs.map(([seed, length]) =>
      Buffer.from(Array.from({ length }, (_, index) => (seed === 0 ? 0 : (index * seed * 7) >> 3))),
    ),
  ),
);
const edit = record({
  at: integer({ min: 0, max: 40_000 }),
  removed: integer({ min: 0, max: 3_000 }),
  added: uint8Array({ maxLength: 50 }),
});

function edited(bytes: Buffer, edits: readonly { at: number; removed: number; added: Uint8Array }[]): Buffer {
  let result = bytes;
  for (const { at, removed, added } of edits) {
    result = Buffer.concat([result.subarray(0, at), added, result.subarray(at + removed)]);
  }
  return result;
}

it('a delta makes the new file of the old one, whatever was changed in it', async () => {
  const [file, delta] = [join(folder, 'file'), join(folder, 'delta')];
  await assert(
    asyncProperty(content, array(edit, { maxLength: 4 }), async (old, edits) => {
      const bytes = edited(old, edits);
      await writeFile(file, bytes);
      const way = writeDelta({ file, size: bytes.length, delta, maxBytes: Infinity }, parsed(old));
      const rest = way.kind === 'rest' ? bytes.subarray(way.offset) : Buffer.alloc(0);
      const made =
        way.kind === 'rest' ? Buffer.concat([old.subarray(0, way.offset), rest]) : patched(old, await readFile(delta));
      expect(made.equals(bytes)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

it('the blocks of a basis and the missing parts make the file, whatever was changed in it', async () => {
  const [basis, target] = [join(folder, 'basis'), join(folder, 'target')];
  await assert(
    asyncProperty(content, array(edit, { maxLength: 4 }), async (bytes, edits) => {
      await writeFile(basis, edited(bytes, edits));
      await rm(target, { force: true });
      const gaps = fillFromBasis({ bases: [join(folder, 'missing'), basis], target }, parsed(bytes));
      const made = await readFile(target);
      for (const { start, end } of gaps) bytes.copy(made, start, start, end);
      expect(made.equals(bytes)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

it('a delta has little more than the bytes that were inserted', async () => {
  const [file, delta] = [join(folder, 'file'), join(folder, 'delta')];
  const old = Buffer.from(
    Array.from(
      { length: 300_000 },
      (_, index) =>
        createHash('md5')
          .update(String(index >> 4))
          .digest()[index & 15] ?? 0,
    ),
  );
  const bytes = Buffer.concat([Buffer.from('at the start'), old.subarray(0, 150_001), old.subarray(150_100)]);
  await writeFile(file, bytes);
  expect(writeDelta({ file, size: bytes.length, delta, maxBytes: 5_000 }, parsed(old))).toEqual({ kind: 'delta' });
  expect(writeDelta({ file, size: bytes.length, delta, maxBytes: 500 }, parsed(old))).toEqual({ kind: 'whole' });
});

it('bytes that are no signature are not taken for one', () => {
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(11), Buffer.alloc(12), Buffer.alloc(29, 1)]) {
    expect(Signature.parse(bytes)).toBeUndefined();
  }
});

it('a signature with other blocks than those of the contract is refused', () => {
  const signature = Buffer.alloc(28);
  signature.writeUInt32BE(0xff_ff_ff_ff, 0);
  signature.writeBigUInt64BE(BigInt(2 << 20), 4);
  expect(Signature.parse(signature)).toBeUndefined();
});

it('gives up a file of which each byte looks like the beginning of a block', async () => {
  const file = join(folder, 'file');
  const size = 3_000_000;
  // The weak checksum of zeros is 0, as is that of the blocks of this signature, which have another content.
  await writeFile(file, Buffer.alloc(size));
  const bytes = signatureOf(Buffer.alloc(size));
  for (let at = 16; at < bytes.length; at += 16) bytes.fill(0xab, at, at + 12);
  const signature = Signature.parse(bytes) ?? expect.fail('not a signature');
  const find = vi.spyOn(signature, 'find');
  const way = writeDelta({ file, size, delta: join(folder, 'delta'), maxBytes: 2 * size }, signature);
  expect(way).toEqual({ kind: 'delta' });
  expect(patched(Buffer.alloc(0), await readFile(join(folder, 'delta'))).equals(Buffer.alloc(size))).toBe(true);
  expect(find.mock.calls.length * signature.blockBytes).toBeLessThan(2 * size + (65 << 20));
});
