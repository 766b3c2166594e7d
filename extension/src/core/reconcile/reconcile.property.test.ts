import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withChanges } from '../change';
import { sameContent, sameEntry, type FileTable } from '../entry';
import { reconcile } from '../testing/reconcile';
import { isValidTable, validTable } from '../testing/validTable';

// Few names and contents, so that the sides are often equal, different or in conflict.
const path = fc.array(fc.constantFrom('a', 'b', 'ab'), { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
const content = fc.constantFrom('1', '2', '3', '1 x', '2 x', '1 600', '', '-> 1', '-> 2');

const tables = fc.array(fc.tuple(path, content), { maxLength: 8 }).map(validTable);

/** Three tables, two of which are often equal. */
const three = fc.oneof(
  fc.tuple(tables, tables, tables),
  fc.tuple(tables, tables).map(([ancestor, local]) => [ancestor, local, ancestor] as const),
  fc.tuple(tables, tables).map(([ancestor, remote]) => [ancestor, ancestor, remote] as const),
);

function sameTable(a: FileTable, b: FileTable): boolean {
  return a.size === b.size && [...a].every(([path, entry]) => sameEntry(entry, b.get(path)));
}

const runs = { numRuns: 2_000 };

describe('reconcile, for arbitrary tables', () => {
  it('treats paths that are not syncable as absent', () => {
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
        for (const { path, from, to } of reconcile(ancestor, local, remote).downloads) {
          const old = ancestor.get(path);
          const isSafe =
            from === undefined ||
            (old !== undefined && sameContent(from, old)) ||
            (to !== undefined && sameContent(from, to));
          expect(isSafe).toBe(true);
        }
      }),
      runs,
    );
  });

  it('uploads or reports every local content that the server does not have', () => {
    fc.assert(
      fc.property(three, ([ancestor, local, remote]) => {
        const { uploads, conflicts } = reconcile(ancestor, local, remote);
        const reported = new Set([...uploads, ...conflicts].map(({ path }) => path));
        for (const [path, mine] of local) {
          const others = [ancestor.get(path), remote.get(path)];
          const isKnown = others.some((other) => other !== undefined && sameContent(mine, other));
          if (!isKnown) expect(reported.has(path)).toBe(true);
        }
      }),
      runs,
    );
  });

  it('never overwrites or deletes a remote content that is not in the ancestor', () => {
    fc.assert(
      fc.property(three, ([ancestor, local, remote]) => {
        for (const { path, from, to } of reconcile(ancestor, local, remote).uploads) {
          const isSafe = [ancestor.get(path), to].some(
            (other) => from !== undefined && other !== undefined && sameContent(from, other),
          );
          expect(from === undefined || isSafe).toBe(true);
        }
      }),
      runs,
    );
  });

  it('puts a path into one list only, with the entries of the tables', () => {
    fc.assert(
      fc.property(three, ([ancestor, local, remote]) => {
        const result = reconcile(ancestor, local, remote);
        const paths = Object.values(result).flatMap((list: readonly { path: string }[]) =>
          list.map(({ path }) => path),
        );
        expect(new Set(paths).size).toBe(paths.length);
        for (const { path, from, to } of result.downloads) {
          expect([from, to]).toEqual([local.get(path), remote.get(path)]);
        }
        for (const { path, from, to } of result.uploads) {
          expect([from, to]).toEqual([remote.get(path), local.get(path)]);
        }
      }),
      runs,
    );
  });

  it('leaves each side valid, whether or not the other makes its changes', () => {
    fc.assert(
      fc.property(three, ([ancestor, local, remote]) => {
        const { downloads, uploads } = reconcile(ancestor, local, remote);
        expect(isValidTable(withChanges(local, downloads))).toBe(true);
        expect(isValidTable(withChanges(remote, uploads))).toBe(true);
      }),
      runs,
    );
  });

  it('makes the sides equal if there is no conflict, and then finds nothing to do', () => {
    fc.assert(
      fc.property(three, ([ancestor, local, remote]) => {
        const result = reconcile(ancestor, local, remote);
        const after = withChanges(local, result.downloads);
        const there = withChanges(remote, result.uploads);
        const open = new Set(result.conflicts.map(({ path }) => path));
        for (const path of new Set([...after.keys(), ...there.keys()])) {
          if (!open.has(path)) expect(sameEntry(after.get(path), there.get(path))).toBe(true);
        }
        const synced = withChanges(ancestor, [...result.ancestorChanges, ...result.downloads, ...result.uploads]);
        const again = reconcile(synced, after, there);
        expect([again.ancestorChanges, again.downloads, again.uploads]).toEqual([[], [], []]);
        expect(again.conflicts).toEqual(result.conflicts);
      }),
      runs,
    );
  });

  it('is mirrored with swapped sides, except for modes that both sides set', () => {
    fc.assert(
      fc.property(three, ([ancestor, local, remote]) => {
        const plan = reconcile(ancestor, local, remote);
        const swapped = reconcile(ancestor, remote, local);
        const paths = (changes: readonly { path: string }[]): string[] => changes.map(({ path }) => path);
        const bothSet = new Set(paths(plan.downloads).filter((path) => paths(swapped.downloads).includes(path)));
        for (const path of bothSet) expect(sameContent(local.get(path)!, remote.get(path)!)).toBe(true);
        const rest = (changes: readonly { path: string }[]): string[] =>
          paths(changes).filter((path) => !bothSet.has(path));
        expect(rest(swapped.downloads)).toEqual(rest(plan.uploads));
        expect(rest(swapped.uploads)).toEqual(rest(plan.downloads));
        expect(paths(swapped.ancestorChanges)).toEqual(paths(plan.ancestorChanges));
        expect(paths(swapped.conflicts)).toEqual(paths(plan.conflicts));
      }),
      runs,
    );
  });

  it('changes only the ancestor if the sides are equal', () => {
    fc.assert(
      fc.property(tables, tables, (ancestor, both) => {
        const result = reconcile(ancestor, both, both);
        expect([result.downloads, result.uploads, result.conflicts]).toEqual([[], [], []]);
        expect(sameTable(withChanges(ancestor, result.ancestorChanges), both)).toBe(true);
      }),
      runs,
    );
  });
});
