import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withChanges } from '../change';
import { sameContent, sameEntry, type FileTable } from '../entry';
import { reconcile } from '../testing/reconcile';
import { isValidTable, validTable } from '../testing/validTable';

// Few names and contents, so that sides meet, clash and agree often.
const path = fc.array(fc.constantFrom('a', 'b', 'ab'), { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
const content = fc.constantFrom('1', '2', '3', '1 x', '2 x', '1 600', '', '-> 1', '-> 2');

/** A table that is a possible folder: a path below an entry is left out. */
const tables = fc.array(fc.tuple(path, content), { maxLength: 8 }).map(validTable);

/** Sides that mostly come from the ancestor, as sides do. */
const three = fc.oneof(
  fc.tuple(tables, tables, tables),
  fc.tuple(tables, tables).map(([ancestor, local]) => [ancestor, local, ancestor] as const),
  fc.tuple(tables, tables).map(([ancestor, remote]) => [ancestor, ancestor, remote] as const),
);

function sameTable(a: FileTable, b: FileTable): boolean {
  return a.size === b.size && [...a].every(([path, entry]) => sameEntry(entry, b.get(path)));
}

const runs = { numRuns: 2_000 };

describe('reconcile, whatever the tables', () => {
  it('takes what does not take part for absent', () => {
    fc.assert(
      fc.property(three, fc.func(fc.boolean()), ([ancestor, local, remote], isSyncable) => {
        const [a, l, r] = [ancestor, local, remote].map(
          (table) => new Map([...table].filter(([path]) => isSyncable(path))),
        );
        const filtered = reconcile(a ?? ancestor, l ?? local, r ?? remote);
        expect(reconcile(ancestor, local, remote, isSyncable)).toEqual(filtered);
      }),
      runs,
    );
  });

  it('never overwrites a local content that the server does not have', () => {
    fc.assert(
      fc.property(three, ([ancestor, local, remote]) => {
        for (const { path, from, to } of reconcile(ancestor, local, remote).localChanges) {
          const agreed = ancestor.get(path);
          const safe =
            from === undefined ||
            (agreed !== undefined && sameContent(from, agreed)) ||
            (to !== undefined && sameContent(from, to));
          expect(safe).toBe(true);
        }
      }),
      runs,
    );
  });

  it('sends or reports every local content that the server does not have', () => {
    fc.assert(
      fc.property(three, ([ancestor, local, remote]) => {
        const { remoteChanges, conflicts } = reconcile(ancestor, local, remote);
        const kept = new Set([...remoteChanges, ...conflicts].map(({ path }) => path));
        for (const [path, mine] of local) {
          const [agreed, theirs] = [ancestor.get(path), remote.get(path)];
          const known = [agreed, theirs].some((other) => other !== undefined && sameContent(mine, other));
          if (!known) expect(kept.has(path)).toBe(true);
        }
      }),
      runs,
    );
  });

  it('never overwrites a remote content that was not agreed on, nor deletes it', () => {
    fc.assert(
      fc.property(three, ([ancestor, local, remote]) => {
        for (const { path, from, to } of reconcile(ancestor, local, remote).remoteChanges) {
          const agreed = ancestor.get(path);
          const same = [agreed, to].some(
            (other) => from !== undefined && other !== undefined && sameContent(from, other),
          );
          expect(from === undefined || same).toBe(true);
        }
      }),
      runs,
    );
  });

  it('puts a path into one list only, with what the tables hold', () => {
    fc.assert(
      fc.property(three, ([ancestor, local, remote]) => {
        const result = reconcile(ancestor, local, remote);
        const paths = Object.values(result).flatMap((list: readonly { path: string }[]) => list.map((x) => x.path));
        expect(new Set(paths).size).toBe(paths.length);
        for (const { path, from, to } of result.localChanges) {
          expect([from, to]).toEqual([local.get(path), remote.get(path)]);
        }
        for (const { path, from, to } of result.remoteChanges) {
          expect([from, to]).toEqual([remote.get(path), local.get(path)]);
        }
      }),
      runs,
    );
  });

  it('leaves each side a possible folder, whether or not the other makes its changes', () => {
    fc.assert(
      fc.property(three, ([ancestor, local, remote]) => {
        const { localChanges, remoteChanges } = reconcile(ancestor, local, remote);
        expect(isValidTable(withChanges(local, localChanges))).toBe(true);
        expect(isValidTable(withChanges(remote, remoteChanges))).toBe(true);
      }),
      runs,
    );
  });

  it('brings the sides together where there is no conflict, and then has nothing left to do', () => {
    fc.assert(
      fc.property(three, ([ancestor, local, remote]) => {
        const result = reconcile(ancestor, local, remote);
        const after = withChanges(local, result.localChanges);
        const there = withChanges(remote, result.remoteChanges);
        const open = new Set(result.conflicts.map(({ path }) => path));
        for (const path of new Set([...after.keys(), ...there.keys()])) {
          if (!open.has(path)) expect(sameEntry(after.get(path), there.get(path))).toBe(true);
        }
        const agreed = withChanges(ancestor, [
          ...result.ancestorChanges,
          ...result.localChanges,
          ...result.remoteChanges,
        ]);
        const again = reconcile(agreed, after, there);
        expect([again.ancestorChanges, again.localChanges, again.remoteChanges]).toEqual([[], [], []]);
        expect(again.conflicts).toEqual(result.conflicts);
      }),
      runs,
    );
  });

  it('mirrors itself when the sides are swapped, but for modes that both sides set', () => {
    fc.assert(
      fc.property(three, ([ancestor, local, remote]) => {
        const one = reconcile(ancestor, local, remote);
        const other = reconcile(ancestor, remote, local);
        const paths = (changes: readonly { path: string }[]): string[] => changes.map(({ path }) => path);
        const bothSet = new Set(paths(one.localChanges).filter((path) => paths(other.localChanges).includes(path)));
        for (const path of bothSet) expect(sameContent(local.get(path)!, remote.get(path)!)).toBe(true);
        const rest = (changes: readonly { path: string }[]): string[] =>
          paths(changes).filter((path) => !bothSet.has(path));
        expect(rest(other.localChanges)).toEqual(rest(one.remoteChanges));
        expect(rest(other.remoteChanges)).toEqual(rest(one.localChanges));
        expect(paths(other.ancestorChanges)).toEqual(paths(one.ancestorChanges));
        expect(paths(other.conflicts)).toEqual(paths(one.conflicts));
      }),
      runs,
    );
  });

  it('only follows where the sides are equal already', () => {
    fc.assert(
      fc.property(tables, tables, (ancestor, both) => {
        const result = reconcile(ancestor, both, both);
        expect([result.localChanges, result.remoteChanges, result.conflicts]).toEqual([[], [], []]);
        expect(sameTable(withChanges(ancestor, result.ancestorChanges), both)).toBe(true);
      }),
      runs,
    );
  });
});
