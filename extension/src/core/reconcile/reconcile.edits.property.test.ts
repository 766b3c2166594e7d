import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withChanges } from '../change';
import { sameContent, sameEntry, type Entry, type FileTable } from '../entry';
import { entry } from '../testing/fixtures';
import { isInside } from '../paths';
import { reconcile } from '../testing/reconcile';
import { isValidTable } from '../testing/validTable';
import type { Reconciliation } from './reconcile';

/** An edit of one side as a user makes it: whole folders move, and overwrite everything in their way. */
type Step =
  | { readonly kind: 'write'; readonly path: string; readonly content: string }
  | { readonly kind: 'remove'; readonly path: string }
  /** Each path moves to the next, and the last to the first. */
  | { readonly kind: 'cycle'; readonly paths: readonly string[] }
  /** The new path may lie in the old one. */
  | { readonly kind: 'move'; readonly from: string; readonly to: string };

const path = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
const content = fc.constantFrom('1', '2', '3', '1 x', '2 x', '1 600', '', '-> a', '-> b');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('write'), path, content }),
  fc.record({ kind: fc.constant('remove'), path }),
  fc.record({ kind: fc.constant('move'), from: path, to: path }),
  fc
    .record({ kind: fc.constant('move'), from: path, to: path })
    .map((one) => ({ ...one, to: `${one.from}/${one.to}` })),
  fc.record({ kind: fc.constant('cycle'), paths: fc.uniqueArray(path, { minLength: 2, maxLength: 3 }) }),
);
const steps = (max: number): fc.Arbitrary<Step[]> => fc.array(step, { maxLength: max });

function isAtOrIn(path: string, folder: string): boolean {
  return path === folder || isInside(path, folder);
}

/** Puts `entries`, and deletes the files in their way. */
function put(table: Map<string, Entry>, entries: readonly Entry[]): void {
  for (const one of entries) {
    for (const other of table.keys()) if (isAtOrIn(other, one.path) || isInside(one.path, other)) table.delete(other);
    table.set(one.path, one);
  }
}

/** Removes the entries at and in `from`, and returns them with their paths below `to`. */
function takeOut(table: Map<string, Entry>, from: string, to: string): Entry[] {
  const entries = [...table.values()].filter((one) => isAtOrIn(one.path, from));
  for (const one of entries) table.delete(one.path);
  return entries.map((one) => ({ ...one, path: to + one.path.slice(from.length) }));
}

function edited(before: FileTable, steps: readonly Step[]): Map<string, Entry> {
  const table = new Map(before);
  for (const step of steps) {
    if (step.kind === 'write') put(table, [entry(step.path, step.content)]);
    else if (step.kind === 'remove') takeOut(table, step.path, '');
    else if (step.kind === 'move') put(table, takeOut(table, step.from, step.to));
    else {
      const moved = step.paths.map((from, i) => takeOut(table, from, step.paths[(i + 1) % step.paths.length] ?? from));
      put(table, moved.flat());
    }
  }
  return table;
}

const sides = fc.tuple(steps(10), steps(4), steps(4)).map(([first, here, there]) => {
  const ancestor = edited(new Map(), first);
  return [ancestor, edited(ancestor, here), edited(ancestor, there)] as const;
});

function summary(table: FileTable): string[] {
  return [...table].map(([path, { kind, hash, mode }]) => `${path} ${kind} ${hash} ${mode}`).sort();
}

/** The ancestor after all changes of a plan. */
function synced(ancestor: FileTable, { ancestorChanges, downloads, uploads }: Reconciliation): FileTable {
  return withChanges(ancestor, [...ancestorChanges, ...downloads, ...uploads]);
}

const runs = { numRuns: 2_000 };

describe('reconcile, for arbitrary edits, renames and swaps', () => {
  it('is tested with valid tables, some of which turn files into folders', () => {
    let swaps = 0;
    fc.assert(
      fc.property(sides, ([ancestor, local, remote]) => {
        for (const table of [ancestor, local, remote]) expect(isValidTable(table)).toBe(true);
        for (const path of ancestor.keys()) if ([...local.keys()].some((other) => isInside(other, path))) swaps++;
      }),
      runs,
    );
    expect(swaps).toBeGreaterThan(50);
  });

  it('keeps each new content on at least one side', () => {
    fc.assert(
      fc.property(sides, ([ancestor, local, remote]) => {
        const { downloads, uploads } = reconcile(ancestor, local, remote);
        const after = [withChanges(local, downloads), withChanges(remote, uploads)];
        for (const side of [local, remote]) {
          for (const [path, content] of side) {
            const old = ancestor.get(path);
            if (old !== undefined && sameContent(old, content)) continue;
            const isKept = after.some((table) => {
              const now = table.get(path);
              return now !== undefined && sameContent(now, content);
            });
            expect(isKept).toBe(true);
          }
        }
      }),
      runs,
    );
  });

  it('makes both sides equal and valid if nothing conflicts', () => {
    fc.assert(
      fc.property(sides, ([ancestor, local, remote]) => {
        const plan = reconcile(ancestor, local, remote);
        const [here, there] = [withChanges(local, plan.downloads), withChanges(remote, plan.uploads)];
        expect(isValidTable(here) && isValidTable(there)).toBe(true);
        fc.pre(plan.conflicts.length === 0);
        expect(summary(here)).toEqual(summary(there));
        expect(summary(synced(ancestor, plan))).toEqual(summary(here));
      }),
      runs,
    );
  });

  it('finds the same conflicts and nothing else after its changes', () => {
    fc.assert(
      fc.property(sides, ([ancestor, local, remote]) => {
        const plan = reconcile(ancestor, local, remote);
        const here = withChanges(local, plan.downloads);
        const there = withChanges(remote, plan.uploads);
        const again = reconcile(synced(ancestor, plan), here, there);
        expect([again.ancestorChanges, again.downloads, again.uploads]).toEqual([[], [], []]);
        expect(again.conflicts).toEqual(plan.conflicts);
      }),
      runs,
    );
  });

  it('pushes the same before and after a pull, and pulls the same before and after a push', () => {
    fc.assert(
      fc.property(sides, ([ancestor, local, remote]) => {
        const plan = reconcile(ancestor, local, remote);
        const pulled = withChanges(ancestor, [...plan.ancestorChanges, ...plan.downloads]);
        const afterPull = reconcile(pulled, withChanges(local, plan.downloads), remote);
        expect(afterPull).toEqual({ ...plan, ancestorChanges: [], downloads: [] });
        const pushed = withChanges(ancestor, [...plan.ancestorChanges, ...plan.uploads]);
        const afterPush = reconcile(pushed, local, withChanges(remote, plan.uploads));
        expect(afterPush).toEqual({ ...plan, ancestorChanges: [], uploads: [] });
      }),
      runs,
    );
  });

  it('changes neither side of a conflict', () => {
    fc.assert(
      fc.property(sides, ([ancestor, local, remote]) => {
        const plan = reconcile(ancestor, local, remote);
        const [here, there] = [withChanges(local, plan.downloads), withChanges(remote, plan.uploads)];
        for (const { path } of plan.conflicts) {
          expect(here.get(path)).toBe(local.get(path));
          expect(there.get(path)).toBe(remote.get(path));
        }
      }),
      runs,
    );
  });

  it('is mirrored with swapped sides, except for modes that both sides set', () => {
    fc.assert(
      fc.property(sides, ([ancestor, local, remote]) => {
        const plan = reconcile(ancestor, local, remote);
        const swapped = reconcile(ancestor, remote, local);
        const differsInMode = ({ path }: { readonly path: string }): boolean => {
          const [mine, theirs] = [local.get(path), remote.get(path)];
          return mine !== undefined && theirs !== undefined && sameContent(mine, theirs) && !sameEntry(mine, theirs);
        };
        const rest = <T extends { readonly path: string }>(changes: readonly T[]): T[] =>
          changes.filter((change) => !differsInMode(change));
        expect(rest(swapped.downloads)).toEqual(rest(plan.uploads));
        expect(rest(swapped.uploads)).toEqual(rest(plan.downloads));
        expect(swapped.ancestorChanges.map(({ path }) => path)).toEqual(plan.ancestorChanges.map(({ path }) => path));
        expect(swapped.conflicts).toEqual(
          plan.conflicts.map((conflict) => ({ ...conflict, local: conflict.remote, remote: conflict.local })),
        );
      }),
      runs,
    );
  });
});
