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

describe('leaveOut', () => {
  const edits = [change('a', 'x', 'y'), change('b', undefined, 'x'), change('c', 'x', undefined)];

  it('leaves out what was not picked, and nothing where nothing was', () => {
    expect(kept(edits, 'a', 'c')).toEqual(['a', 'c']);
    expect(kept(edits)).toEqual([]);
    expect(restrictTo(edits, undefined)).toEqual(edits);
    expect(restrictTo(edits, new Set(['a', 'b', 'c', 'gone since']))).toEqual(edits);
  });

  it('takes a file that became a folder whole or not at all', () => {
    const swap = [change('a', 'x', undefined), change('a/b', undefined, 'x'), change('a/c/d', undefined, 'x')];
    expect(kept(swap, 'a/b', 'a/c/d')).toEqual([]);
    expect(kept(swap, 'a', 'a/b')).toEqual([]);
    expect(kept(swap, 'a', 'a/b', 'a/c/d')).toEqual(['a', 'a/b', 'a/c/d']);
  });

  it('takes a folder that became a file whole or not at all', () => {
    const swap = [change('a', undefined, 'x'), change('a/b', 'x', undefined), change('a/c/d', 'x', undefined)];
    expect(kept(swap, 'a', 'a/b')).toEqual([]);
    expect(kept(swap, 'a/b', 'a/c/d')).toEqual([]);
  });

  it('leaves what stands beside a swap alone', () => {
    const changes = [change('a', 'x', undefined), change('a/b', undefined, 'x'), change('ab', 'x', 'y')];
    expect(kept(changes, 'a/b', 'ab')).toEqual(['ab']);
  });

  it('never leaves a path an entry and a folder at once', () => {
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
        const left = restrictTo(changes, new Set(only));
        expect(left.every(({ path }) => only.includes(path))).toBe(true);
        const made = withChanges(before, left);
        expect(isValidTable(made)).toBe(true);
      }),
    );
  });
});
