import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withChanges } from '../change';
import { sameContent, sameEntry, type Entry, type FileTable } from '../entry';
import { entry } from '../testing/fixtures';
import { isInside } from '../paths';
import { reconcile } from '../testing/reconcile';
import { isValidTable } from '../testing/validTable';
import type { Reconciliation } from './reconcile';

/** What is done to a side, as a user does it: whole folders move, and what is in the way makes room. */
type Step =
  | { readonly kind: 'write'; readonly path: string; readonly content: string }
  | { readonly kind: 'remove'; readonly path: string }
  /** Each path takes the place of the next, and the last that of the first. */
  | { readonly kind: 'cycle'; readonly paths: readonly string[] }
  /** Into a new place, which may lie in the old one. */
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

function isAt(path: string, place: string): boolean {
  return path === place || isInside(path, place);
}

/** Puts `entries` in their places; what stands in the way of one is gone. */
function put(table: Map<string, Entry>, entries: readonly Entry[]): void {
  for (const one of entries) {
    for (const other of table.keys()) if (isAt(other, one.path) || isInside(one.path, other)) table.delete(other);
    table.set(one.path, one);
  }
}

/** Takes out all that stands at `from`, as it is to stand at `to`. */
function takeOut(table: Map<string, Entry>, from: string, to: string): Entry[] {
  const taken = [...table.values()].filter((one) => isAt(one.path, from));
  for (const one of taken) table.delete(one.path);
  return taken.map((one) => ({ ...one, path: to + one.path.slice(from.length) }));
}

function done(before: FileTable, steps: readonly Step[]): Map<string, Entry> {
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
  const ancestor = done(new Map(), first);
  return [ancestor, done(ancestor, here), done(ancestor, there)] as const;
});

function plain(table: FileTable): string[] {
  return [...table].map(([path, { kind, hash, mode }]) => `${path} ${kind} ${hash} ${mode}`).sort();
}

/** The ancestor once all of `plan` has been done. */
function agreed(ancestor: FileTable, { ancestorChanges, localChanges, remoteChanges }: Reconciliation): FileTable {
  return withChanges(ancestor, [...ancestorChanges, ...localChanges, ...remoteChanges]);
}

const runs = { numRuns: 2_000 };

describe('reconcile, whatever was edited, renamed and swapped', () => {
  it('is tried on possible folders, with swaps of files and folders among them', () => {
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

  it('keeps each content on a side, unless the other side replaced what was agreed on', () => {
    fc.assert(
      fc.property(sides, ([ancestor, local, remote]) => {
        const { localChanges, remoteChanges } = reconcile(ancestor, local, remote);
        const after = [withChanges(local, localChanges), withChanges(remote, remoteChanges)];
        for (const side of [local, remote]) {
          for (const [path, content] of side) {
            const old = ancestor.get(path);
            if (old !== undefined && sameContent(old, content)) continue;
            const kept = after.some((table) => {
              const now = table.get(path);
              return now !== undefined && sameContent(now, content);
            });
            expect(kept).toBe(true);
          }
        }
      }),
      runs,
    );
  });

  it('brings both sides to the same possible folder where nothing conflicts', () => {
    fc.assert(
      fc.property(sides, ([ancestor, local, remote]) => {
        const plan = reconcile(ancestor, local, remote);
        const [here, there] = [withChanges(local, plan.localChanges), withChanges(remote, plan.remoteChanges)];
        expect(isValidTable(here) && isValidTable(there)).toBe(true);
        fc.pre(plan.conflicts.length === 0);
        expect(plain(here)).toEqual(plain(there));
        expect(plain(agreed(ancestor, plan))).toEqual(plain(here));
      }),
      runs,
    );
  });

  it('has nothing left to do once it is done, but for the same conflicts', () => {
    fc.assert(
      fc.property(sides, ([ancestor, local, remote]) => {
        const plan = reconcile(ancestor, local, remote);
        const here = withChanges(local, plan.localChanges);
        const there = withChanges(remote, plan.remoteChanges);
        const again = reconcile(agreed(ancestor, plan), here, there);
        expect([again.ancestorChanges, again.localChanges, again.remoteChanges]).toEqual([[], [], []]);
        expect(again.conflicts).toEqual(plan.conflicts);
      }),
      runs,
    );
  });

  it('sends the same whether or not it pulled before, and takes the same whether or not it pushed', () => {
    fc.assert(
      fc.property(sides, ([ancestor, local, remote]) => {
        const plan = reconcile(ancestor, local, remote);
        const pulled = withChanges(ancestor, [...plan.ancestorChanges, ...plan.localChanges]);
        const afterPull = reconcile(pulled, withChanges(local, plan.localChanges), remote);
        expect(afterPull).toEqual({ ...plan, ancestorChanges: [], localChanges: [] });
        const pushed = withChanges(ancestor, [...plan.ancestorChanges, ...plan.remoteChanges]);
        const afterPush = reconcile(pushed, local, withChanges(remote, plan.remoteChanges));
        expect(afterPush).toEqual({ ...plan, ancestorChanges: [], remoteChanges: [] });
      }),
      runs,
    );
  });

  it('changes neither side where it found a conflict', () => {
    fc.assert(
      fc.property(sides, ([ancestor, local, remote]) => {
        const plan = reconcile(ancestor, local, remote);
        const [here, there] = [withChanges(local, plan.localChanges), withChanges(remote, plan.remoteChanges)];
        for (const { path } of plan.conflicts) {
          expect(here.get(path)).toBe(local.get(path));
          expect(there.get(path)).toBe(remote.get(path));
        }
      }),
      runs,
    );
  });

  it('mirrors itself when the sides are swapped, but for modes that both sides set', () => {
    fc.assert(
      fc.property(sides, ([ancestor, local, remote]) => {
        const one = reconcile(ancestor, local, remote);
        const other = reconcile(ancestor, remote, local);
        const isModes = ({ path }: { readonly path: string }): boolean => {
          const [mine, theirs] = [local.get(path), remote.get(path)];
          return mine !== undefined && theirs !== undefined && sameContent(mine, theirs) && !sameEntry(mine, theirs);
        };
        const rest = <T extends { readonly path: string }>(changes: readonly T[]): T[] =>
          changes.filter((change) => !isModes(change));
        expect(rest(other.localChanges)).toEqual(rest(one.remoteChanges));
        expect(rest(other.remoteChanges)).toEqual(rest(one.localChanges));
        expect(other.ancestorChanges.map(({ path }) => path)).toEqual(one.ancestorChanges.map(({ path }) => path));
        expect(other.conflicts).toEqual(
          one.conflicts.map((conflict) => ({ ...conflict, local: conflict.remote, remote: conflict.local })),
        );
      }),
      runs,
    );
  });
});
