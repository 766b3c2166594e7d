import { expect, it } from 'vitest';
import { sha256 } from './sha256';

const hashOfAbc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

it('hashes text as UTF-8, and bytes as they are', () => {
  expect(sha256('abc')).toBe(hashOfAbc);
  expect(sha256(new TextEncoder().encode('abc'))).toBe(hashOfAbc);
  expect(sha256('é')).toBe(sha256(Uint8Array.of(0xc3, 0xa9)));
});
