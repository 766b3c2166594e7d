import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withChanges, type Change } from '../change';
import { isValidTable } from '../testing/validTable';
import { entry, table } from '../testing/fixtures';
import { restrictTo } from './restrictTo';

function change(path: string, from: string | undefined, to: string | undefined): Change {
  const side = (content: string | undefined) => (content === undefined ? undefined : entry(path, content));
  return { path, from: side(from), to: side(to) };
}

function kept(changes: readonly Change[], ...only: string[]): string[] {
  return restrictTo(changes, new Set(only)).map(({ path }) => path);
}

describe('restrictTo', () => {
  const edits = [change('a', 'x', 'y'), change('b', undefined, 'x'), change('c', 'x', undefined)];

  it('returns the changes in `only`, and all without it', () => {
    expect(kept(edits, 'a', 'c')).toEqual(['a', 'c']);
    expect(kept(edits)).toEqual([]);
    expect(restrictTo(edits, undefined)).toEqual(edits);
    expect(restrictTo(edits, new Set(['a', 'b', 'c', 'unknown']))).toEqual(edits);
  });

  it('keeps or drops a file that became a folder as a whole', () => {
    const swap = [change('a', 'x', undefined), change('a/b', undefined, 'x'), change('a/c/d', undefined, 'x')];
    expect(kept(swap, 'a/b', 'a/c/d')).toEqual([]);
    expect(kept(swap, 'a', 'a/b')).toEqual([]);
    expect(kept(swap, 'a', 'a/b', 'a/c/d')).toEqual(['a', 'a/b', 'a/c/d']);
  });

  it('keeps or drops a folder that became a file as a whole', () => {
    const swap = [change('a', undefined, 'x'), change('a/b', 'x', undefined), change('a/c/d', 'x', undefined)];
    expect(kept(swap, 'a', 'a/b')).toEqual([]);
    expect(kept(swap, 'a/b', 'a/c/d')).toEqual([]);
  });

  it('does not affect other paths with the same prefix', () => {
    const changes = [change('a', 'x', undefined), change('a/b', undefined, 'x'), change('ab', 'x', 'y')];
    expect(kept(changes, 'a/b', 'ab')).toEqual(['ab']);
  });

  it('never makes a path a file and a folder at once', () => {
    const names = ['a', 'a/b', 'a/b/c', 'a/d', 'e', 'e/f'];
    const folder = fc
      .dictionary(fc.constantFrom(...names), fc.constantFrom('1', '2'))
      .map((contents) => table(contents))
      .filter(isValidTable);
    fc.assert(
      fc.property(folder, folder, fc.uniqueArray(fc.constantFrom(...names)), (before, after, only) => {
        const changes = names.flatMap((path): Change[] => {
          const [from, to] = [before.get(path), after.get(path)];
          return from?.hash === to?.hash ? [] : [{ path, from, to }];
        });
        const restricted = restrictTo(changes, new Set(only));
        expect(restricted.every(({ path }) => only.includes(path))).toBe(true);
        const result = withChanges(before, restricted);
        expect(isValidTable(result)).toBe(true);
      }),
    );
  });
});
