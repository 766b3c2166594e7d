import { describe, expect, it } from 'vitest';
import { FolderMasks, maskedEntry, maskOf } from './folderMasks';
import { entry } from './testing/fixtures';

describe('the mask of a folder', () => {
  it.each([
    [0o755, 0o777],
    [0o700, 0o700],
    [0o750, 0o770],
    [0o711, 0o700],
    [0o705, 0o707],
    [0o775, 0o777],
  ])('of mode %o is %o', (mode, mask) => expect(maskOf(mode)).toBe(mask));

  it('applies to everything in it, at any depth, together with those above', () => {
    const masks = new FolderMasks();
    masks.replace(
      new Map([
        ['a', 0o770],
        ['a/b', 0o707],
      ]),
      false,
    );
    expect(['a/x', 'a/b/c/x', 'ab/x', 'x'].map((path) => masks.at(path))).toEqual([0o770, 0o700, 0o777, 0o777]);
    masks.replace(new Map([['a', 0o777]]), true);
    expect(masks.at('a/b/x')).toBe(0o707);
    masks.replace(new Map(), false);
    expect(masks.isEmpty).toBe(true);
  });
});

describe('a file in a private folder', () => {
  const at = (mode: number) => ({ ...entry('a', 'x'), mode });

  it('has the mode that others can use', () => {
    expect(maskedEntry(at(0o644), 0o700, undefined).mode).toBe(0o600);
    expect(maskedEntry(at(0o755), 0o770, undefined).mode).toBe(0o750);
  });

  it('keeps an agreed mode that differs in the withheld bits alone', () => {
    expect(maskedEntry(at(0o644), 0o700, at(0o644)).mode).toBe(0o644);
    expect(maskedEntry(at(0o644), 0o700, at(0o600)).mode).toBe(0o600);
    expect(maskedEntry(at(0o755), 0o700, at(0o644)).mode).toBe(0o700);
  });
});
