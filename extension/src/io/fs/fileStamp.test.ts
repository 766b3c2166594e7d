import { describe, expect, it } from 'vitest';
import { isContentUnchanged, isUnchanged, isUnchangedExceptCtime, type FileStamp } from './fileStamp';

const stamp: FileStamp = { dev: 1n, ino: 2n, size: 3n, mtimeNs: 4n, ctimeNs: 5n, mode: 6n };

describe('a file', () => {
  it('is unchanged if all stats are equal', () => {
    for (const isSame of [isUnchanged, isUnchangedExceptCtime, isContentUnchanged]) {
      expect(isSame(stamp, { ...stamp })).toBe(true);
    }
  });

  it.each(['dev', 'ino', 'size', 'mtimeNs'] as const)('has other content if %s differs', (key) => {
    for (const isSame of [isUnchanged, isUnchangedExceptCtime, isContentUnchanged]) {
      expect(isSame(stamp, { ...stamp, [key]: 0n })).toBe(false);
    }
  });

  it.each([
    ['mode', false, false, true],
    ['ctimeNs', false, true, true],
  ] as const)('with another %s counts as changed in some comparisons only', (key, unchanged, exceptCtime, content) => {
    const other = { ...stamp, [key]: 0n };
    expect(isUnchanged(stamp, other)).toBe(unchanged);
    expect(isUnchangedExceptCtime(stamp, other)).toBe(exceptCtime);
    expect(isContentUnchanged(stamp, other)).toBe(content);
  });

  it('that does not exist is unchanged until it is created', () => {
    expect(isContentUnchanged(undefined, undefined)).toBe(true);
    expect(isContentUnchanged(undefined, stamp)).toBe(false);
    expect(isContentUnchanged(stamp, undefined)).toBe(false);
  });
});
