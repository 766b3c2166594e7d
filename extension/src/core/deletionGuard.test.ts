import { describe, expect, it } from 'vitest';
import { runToEnd } from './cooperativeTask';
import { guardedDeletions, lostFoldersSteps, missingFoldersSteps } from './deletionGuard';
import { withChanges, type Change } from './change';
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

  it('counts deleted and emptied files together', () => {
    const plan = [...changes(6, 'x', undefined), ...changes(6, 'x', '')];
    expect(guardedDeletions(plan, 20)).toEqual({ deletes: 6, emptied: 6, tracked: 20 });
  });

  it('stops a plan that loses most of ten files or all of fewer, but not a single file', () => {
    expect(guardedDeletions(changes(6, 'x', undefined), 10)).toEqual({ deletes: 6, emptied: 0, tracked: 10 });
    expect(guardedDeletions(changes(8, 'x', undefined), 9)).toBeUndefined();
    expect(guardedDeletions(changes(9, 'x', undefined), 9)).toEqual({ deletes: 9, emptied: 0, tracked: 9 });
    expect(guardedDeletions(changes(2, 'x', ''), 2)).toEqual({ deletes: 0, emptied: 2, tracked: 2 });
    expect(guardedDeletions(changes(1, 'x', undefined), 1)).toBeUndefined();
    expect(guardedDeletions(changes(9, 'x', undefined), 9, 0.5, 1)).toBeDefined();
  });

  it('passes edits and additions', () => {
    expect(guardedDeletions(changes(20, 'x', 'y'), 20)).toBeUndefined();
    expect(
      guardedDeletions(
        changes(20, 'x', 'y').map((c) => ({ ...c, from: undefined })),
        0,
      ),
    ).toBeUndefined();
  });

  it('does not count a renamed folder', () => {
    const plan = changes(20, 'x', undefined);
    const puts = plan.map(({ path, from }) => ({ path: `new/${path}`, from: undefined, to: from }));
    expect(guardedDeletions([...plan, ...puts], 20)).toBeUndefined();
  });

  it('stops at a given fraction', () => {
    expect(guardedDeletions(changes(3, 'x', undefined), 20, 0.1)).toBeDefined();
    expect(guardedDeletions(changes(1, 'x', undefined), 20, 0)).toBeDefined();
    expect(guardedDeletions(changes(19, 'x', undefined), 20, 1)).toBeUndefined();
    expect(guardedDeletions(changes(20, 'x', undefined), 20, 1)).toBeDefined();
  });
});

describe('lostFolders', () => {
  const before = table({
    ...Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`big/data/${i}`, `d${i}`])),
    ...Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`small/${i}`, `s${i}`])),
    ...Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`other/${i}`, `o${i}`])),
  });
  const inside = (folder: string): Change[] =>
    [...before.values()].flatMap((from) =>
      from.path.startsWith(`${folder}/`) ? [{ path: from.path, from, to: undefined }] : [],
    );
  const lost = (changes: readonly Change[]): string[] =>
    runToEnd(lostFoldersSteps(changes, () => withChanges(before, changes)));

  it('returns the outermost folder that loses all of ten files, at any depth', () => {
    expect(lost(inside('big'))).toEqual(['big']);
    expect(lost([...inside('big'), ...inside('other')])).toEqual(['big', 'other']);
  });

  it('returns no folder with fewer files, and none with a file left', () => {
    expect(lost(inside('small'))).toEqual([]);
    expect(lost(inside('big').slice(1))).toEqual([]);
    expect(lost([...inside('big'), { path: 'big/data/new', from: undefined, to: entry('big/data/new', 'n') }])).toEqual(
      [],
    );
  });

  it('counts emptied files as lost', () => {
    const emptied = inside('big').map(({ path, from }) => ({ path, from, to: entry(path, '') }));
    expect(lost(emptied)).toEqual(['big']);
    expect(lost([...emptied.slice(5), ...inside('big').slice(0, 5)])).toEqual(['big']);
  });

  it('does not count content that is elsewhere: a renamed folder, and a copy', () => {
    const renamed = inside('big').map(({ path, from }) => ({ path: `new/${path}`, from: undefined, to: from }));
    expect(lost([...inside('big'), ...renamed])).toEqual([]);
    const copies = inside('big').map(({ path, from }) => ({ path: `copy/${path}`, from, to: undefined }));
    expect(lost(copies)).toEqual([]);
  });
});

describe('missingFolders', () => {
  const missingFolders = (...tables: Parameters<typeof missingFoldersSteps>): string[] =>
    runToEnd(missingFoldersSteps(...tables));

  const before = table({ 'n/a': '1', 'n/b/c': '2', 'm/a': '3', 'm/b': '4', x: '5' });

  it('returns a folder that had several files and is empty now', () => {
    expect(missingFolders(['n'], before, table({ 'm/a': '3', 'm/b': '4', x: '5' }))).toEqual(['n']);
    expect(missingFolders(['n', 'm'], before, table({ x: '5' }))).toEqual(['m', 'n']);
    expect(missingFolders(['n', 'm'], before, table({ 'm/new': '6' }))).toEqual(['n']);
  });

  it('returns a folder that a file replaced, even if it had a single file', () => {
    expect(missingFolders(['n/b'], before, table({ 'n/a': '1', 'n/b': 'file', 'm/a': '3' }))).toEqual(['n/b']);
  });

  it('returns only the workspace folder if that is empty', () => {
    expect(missingFolders(['n', 'm'], before, table({}))).toEqual(['']);
  });

  it('does not return a folder that had a single file, or has one left', () => {
    expect(missingFolders(['n/b'], before, table({ 'n/a': '1', x: '5' }))).toEqual([]);
    expect(missingFolders(['n', 'm'], before, table({ 'n/a': 'edited', 'm/b': '4' }))).toEqual([]);
    expect(missingFolders(['n'], table({}), table({}))).toEqual([]);
  });

  it('does not return a folder that was moved as a whole', () => {
    const moved = table({ 'k/a': '1', 'k/b/c': '2', 'm/a': '3' });
    expect(missingFolders(['n'], before, moved)).toEqual([]);
    expect(missingFolders(['n'], before, table({ 'k/a': '1', 'm/a': '3' }))).toEqual(['n']);
  });
});

describe('many deep paths', () => {
  const folder = Array.from({ length: 189 }, (_, level) => `d${level}`).join('/');
  const deep = table(Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`${folder}/f${i}`, `${i}`])));

  function* counting<T>(items: MapIterator<T>, count: () => void): MapIterator<T> {
    for (const item of items) {
      count();
      yield item;
    }
  }

  /** The most paths that one step takes from the table that `task` gets. */
  function mostPathsPerStep(task: (counted: typeof deep) => Generator<void, unknown>): number {
    let [paths, most] = [0, 0];
    const counted = new Map(deep);
    counted.keys = () => counting(deep.keys(), () => paths++);
    counted[Symbol.iterator] = () => counting(deep.entries(), () => paths++);
    for (const steps = task(counted); steps.next().done !== true; paths = 0) most = Math.max(most, paths);
    return Math.max(most, paths);
  }

  it('are taken a few at a time', () => {
    const others = Array.from({ length: 20 }, (_, i) => `other${i}`);
    const changes = [...deep].map(([path, from]): Change => ({ path, from, to: undefined }));
    expect(mostPathsPerStep((now) => missingFoldersSteps(['other'], deep, now))).toBeLessThanOrEqual(100);
    expect(mostPathsPerStep((now) => missingFoldersSteps(others, deep, now))).toBeLessThanOrEqual(100);
    expect(mostPathsPerStep((now) => missingFoldersSteps([], now, table({})))).toBeLessThanOrEqual(100);
    expect(mostPathsPerStep((now) => lostFoldersSteps(changes, () => now))).toBeLessThanOrEqual(100);
  });

  it('are not all read to find that a folder still has files', () => {
    let read = 0;
    const now = new Map(deep);
    now.keys = () => counting(deep.keys(), () => read++);
    expect(runToEnd(missingFoldersSteps(['d0', folder], deep, now))).toEqual([]);
    expect(read).toBeLessThan(10);
  });
});
