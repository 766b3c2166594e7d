import { describe, expect, it } from 'vitest';
import type { Change } from '../change';
import { entry } from '../testing/fixtures';
import { runToEnd } from '../cooperativeTask';
import { movedFoldersSteps } from './movedFolders';

const movedFolder = (folder: string, changes: readonly Change[]): string | undefined =>
  runToEnd(movedFoldersSteps(new Set([folder]), changes)).get(folder);
const gone = (path: string, content: string): Change => ({ path, from: entry(path, content), to: undefined });
const added = (path: string, content: string): Change => ({ path, from: undefined, to: entry(path, content) });

describe('a folder whose files were deleted', () => {
  it('was moved to the one that has all of them', () => {
    const changes = [gone('n/a', '1'), gone('n/d/b', '2'), added('m/a', '1'), added('m/d/b', '2'), added('m/new', '3')];
    expect(movedFolder('n', changes)).toBe('m');
    expect(movedFolder('x', changes)).toBeUndefined();
  });

  it('was not moved if a file is missing, differs, or is in two folders', () => {
    expect(movedFolder('n', [gone('n/a', '1'), gone('n/b', '2'), added('m/a', '1')])).toBeUndefined();
    expect(movedFolder('n', [gone('n/a', '1'), added('m/a', 'other')])).toBeUndefined();
    expect(movedFolder('n', [gone('n/a', '1'), added('m/a', '1'), added('k/a', '1')])).toBeUndefined();
  });

  it('was not moved to a place with other names', () => {
    expect(movedFolder('n', [gone('n/a', '1'), added('m/xa', '1')])).toBeUndefined();
    expect(movedFolder('n', [gone('n/a', '1'), added('a', '1')])).toBeUndefined();
  });

  it('is found by the file that is in the fewest places', () => {
    const empty = Array.from({ length: 200 }, (_, i) => [gone(`n${i}/.keep`, ''), added(`m${i}/.keep`, '')]).flat();
    const changes = [...empty, gone('n7/a', '7'), added('m7/a', '7')];
    expect(movedFolder('n7', changes)).toBe('m7');
    expect(movedFolder('n8', changes)).toBeUndefined();
  });
});

describe('many folders', () => {
  /** Counts how often the path of a change is read. */
  function counted(changes: readonly Change[]): { changes: Change[]; reads: () => number } {
    let reads = 0;
    const get = (change: Change, key: keyof Change) => {
      if (key === 'path') reads++;
      return change[key];
    };
    return {
      changes: changes.map((change) => new Proxy(change, { get: (target, key) => get(target, key as keyof Change) })),
      reads: () => reads,
    };
  }

  function moveOf(folders: number): Change[] {
    const names = Array.from({ length: folders }, (_, i) => i);
    return names.flatMap((i) => [
      gone(`old/${i}/a`, `${i}`),
      gone(`old/${i}/.keep`, ''),
      added(`new/${i}/a`, `${i}`),
      added(`new/${i}/.keep`, ''),
    ]);
  }

  it.each([[100], [1_000]])('take time in proportion to their number (%i)', (count) => {
    const { changes, reads } = counted(moveOf(count));
    const folders = new Set(Array.from({ length: count }, (_, i) => `old/${i}`));
    const moved = runToEnd(movedFoldersSteps(folders, changes));
    expect([...moved].slice(0, 2)).toEqual([
      ['old/0', 'new/0'],
      ['old/1', 'new/1'],
    ]);
    expect(moved.size).toBe(count);
    expect(reads()).toBeLessThan(5 * changes.length);
  });
});
