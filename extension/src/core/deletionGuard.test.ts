import { describe, expect, it } from 'vitest';
import { guardedDeletions, missingFolders } from './deletionGuard';
import type { Change } from './change';
import { entry, table } from './testing/fixtures';

function changes(count: number, content: string, to: string | undefined): Change[] {
  return Array.from({ length: count }, (_, i) => {
    const path = `f${i}`;
    return { path, from: entry(path, `${content}${i}`), to: to === undefined ? undefined : entry(path, to) };
  });
}

describe('the deletion guard', () => {
  it('stops a plan that deletes more than half', () => {
    expect(guardedDeletions(changes(11, 'x', undefined), 20)).toEqual({ deletes: 11, emptied: 0, tracked: 20 });
    expect(guardedDeletions(changes(10, 'x', undefined), 20)).toBeUndefined();
  });

  it('stops a plan that empties more than half', () => {
    expect(guardedDeletions(changes(11, 'x', ''), 20)).toEqual({ deletes: 0, emptied: 11, tracked: 20 });
  });

  it('counts both together', () => {
    const plan = [...changes(6, 'x', undefined), ...changes(6, 'x', '')];
    expect(guardedDeletions(plan, 20)).toEqual({ deletes: 6, emptied: 6, tracked: 20 });
  });

  it('stops at the loss of most of a small set, of all of a handful, and of no single file', () => {
    expect(guardedDeletions(changes(6, 'x', undefined), 10)).toEqual({ deletes: 6, emptied: 0, tracked: 10 });
    expect(guardedDeletions(changes(8, 'x', undefined), 9)).toBeUndefined();
    expect(guardedDeletions(changes(9, 'x', undefined), 9)).toEqual({ deletes: 9, emptied: 0, tracked: 9 });
    expect(guardedDeletions(changes(2, 'x', ''), 2)).toEqual({ deletes: 0, emptied: 2, tracked: 2 });
    expect(guardedDeletions(changes(1, 'x', undefined), 1)).toBeUndefined();
    expect(guardedDeletions(changes(9, 'x', undefined), 9, 0.5, 1)).toBeDefined();
  });

  it('lets edits and additions pass', () => {
    expect(guardedDeletions(changes(20, 'x', 'y'), 20)).toBeUndefined();
    expect(
      guardedDeletions(
        changes(20, 'x', 'y').map((c) => ({ ...c, from: undefined })),
        0,
      ),
    ).toBeUndefined();
  });

  it('takes a renamed folder for no loss', () => {
    const plan = changes(20, 'x', undefined);
    const put = plan.map(({ path, from }) => ({ path: `new/${path}`, from: undefined, to: from }));
    expect(guardedDeletions([...plan, ...put], 20)).toBeUndefined();
  });

  it('stops at another share than half', () => {
    expect(guardedDeletions(changes(3, 'x', undefined), 20, 0.1)).toBeDefined();
    expect(guardedDeletions(changes(1, 'x', undefined), 20, 0)).toBeDefined();
    expect(guardedDeletions(changes(19, 'x', undefined), 20, 1)).toBeUndefined();
    expect(guardedDeletions(changes(20, 'x', undefined), 20, 1)).toBeDefined();
  });
});

describe('a folder is lost', () => {
  const before = table({ 'n/a': '1', 'n/b/c': '2', 'm/a': '3', 'm/b': '4', x: '5' });

  it('when several files were in it and nothing is', () => {
    expect(missingFolders(['n'], before, table({ 'm/a': '3', 'm/b': '4', x: '5' }))).toEqual(['n']);
    expect(missingFolders(['n', 'm'], before, table({ x: '5' }))).toEqual(['m', 'n']);
    expect(missingFolders(['n', 'm'], before, table({ 'm/new': '6' }))).toEqual(['n']);
  });

  it('when a file took its place, though one file was all it held', () => {
    expect(missingFolders(['n/b'], before, table({ 'n/a': '1', 'n/b': 'file', 'm/a': '3' }))).toEqual(['n/b']);
  });

  it('as the workspace folder, which stands for all in it', () => {
    expect(missingFolders(['n', 'm'], before, table({}))).toEqual(['']);
  });

  it('but not when a single file was deleted, or one of several is left', () => {
    expect(missingFolders(['n/b'], before, table({ 'n/a': '1', x: '5' }))).toEqual([]);
    expect(missingFolders(['n', 'm'], before, table({ 'n/a': 'edited', 'm/b': '4' }))).toEqual([]);
    expect(missingFolders(['n'], table({}), table({}))).toEqual([]);
  });

  it('but not when it was moved whole', () => {
    const moved = table({ 'k/a': '1', 'k/b/c': '2', 'm/a': '3' });
    expect(missingFolders(['n'], before, moved)).toEqual([]);
    expect(missingFolders(['n'], before, table({ 'k/a': '1', 'm/a': '3' }))).toEqual(['n']);
  });
});
