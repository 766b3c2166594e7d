import { expect, test } from 'vitest';
import { sha256 } from '../../test/changes';
import { FastCdc } from './fastCdc';

const sizes = { min: 1 << 10, average: 4 << 10, max: 32 << 10 };

/** Bytes that look random and are always the same. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

function cut(bytes: Buffer): Buffer[] {
  const cdc = new FastCdc(sizes);
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = cdc.lengthAt(bytes, at);
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return chunks;
}

const content = noise(1 << 20);

test('chunks are as long as they should be, on the average too', () => {
  const lengths = cut(content).map(({ length }) => length);
  expect(Math.min(...lengths.slice(0, -1))).toBeGreaterThanOrEqual(sizes.min);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(sizes.max);
  const average = content.length / lengths.length;
  expect(average).toBeGreaterThan(sizes.average * 0.75);
  expect(average).toBeLessThan(sizes.average * 1.5);
  expect(cut(Buffer.alloc(100_000)).map(({ length }) => length)).toEqual([32768, 32768, 32768, 1696]);
});

test('an inserted byte changes only the chunks around it', () => {
  const inserted = Buffer.concat([content.subarray(0, 300_000), Buffer.from('x'), content.subarray(300_000)]);
  const before = new Set(cut(content).map(sha256));
  const fresh = cut(inserted).filter((chunk) => !before.has(sha256(chunk)));
  expect(fresh.length).toBeGreaterThan(0);
  expect(fresh.length).toBeLessThanOrEqual(3);
});

test('the places of cuts do not change between releases: older chunks would not be found any more', () => {
  expect(
    sha256(
      cut(content)
        .map(({ length }) => length)
        .join(),
    ),
  ).toBe('d76f2481afdbb21026ecb573837a3fee5b892691ed43f3c0a5300500adde28ac');
});
