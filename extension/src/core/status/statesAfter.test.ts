import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../change';
import type { Entry } from '../entry';
import { validTable } from '../testing/validTable';
import { pathStates } from '../testing/pathStates';
import type { PathStates } from './pathState';
import { reconcile } from '../testing/reconcile';
import { statesAfter } from './statesAfter';

const path = fc.array(fc.constantFrom('a', 'b', 'ab'), { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
const content = fc.constantFrom('1', '2', '3', '1 600', '-> 1');
const tables = fc.array(fc.tuple(path, content), { maxLength: 6 }).map(validTable);

interface World {
  readonly ancestor: ReadonlyMap<string, Entry>;
  readonly local: ReadonlyMap<string, Entry>;
  readonly remote: ReadonlyMap<string, Entry>;
  /** The server's table at the last pull; by default the current one. */
  readonly pulled?: ReadonlyMap<string, Entry>;
}

function fullStates({ ancestor, local, remote, pulled = remote }: World): PathStates {
  const inConflict = new Set(reconcile(ancestor, local, pulled).conflicts.map(({ path }) => path));
  return pathStates(reconcile(ancestor, local, remote), new Map(), local.size, (path) => !inConflict.has(path));
}

function changesTo(before: ReadonlyMap<string, Entry>, after: ReadonlyMap<string, Entry>): Change[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths]
    .map((path) => ({ path, from: before.get(path), to: after.get(path) }))
    .filter(({ from, to }) => from !== to);
}

function update(world: World, changed: ReadonlyMap<string, Entry>): PathStates | undefined {
  return statesAfter(fullStates(world), changesTo(world.local, changed), {
    ancestor: (path) => world.ancestor.get(path),
    remote: (path) => world.remote.get(path),
    isSyncable: () => true,
  });
}

describe('statesAfter', () => {
  it('equals a full reconcile, or is undefined', () => {
    fc.assert(
      fc.property(tables, tables, tables, tables, tables, ([...ancestor], local, remote, pulled, changed) => {
        const world = { ancestor: new Map(ancestor), local, remote, pulled };
        const found = update(world, changed);
        if (found === undefined) return;
        const full = fullStates({ ...world, local: changed });
        expect(found.states).toEqual(full.states);
        expect(found.tracked).toBe(full.tracked);
        expect(found.conflicts).toEqual(full.conflicts);
      }),
      { numRuns: 3_000 },
    );
  });

  it('handles files that are saved, created or deleted in an unchanged folder', () => {
    const synced = validTable([
      ['n/a', '1'],
      ['n/b', '1'],
      ['n/c', '1'],
    ]);
    const world = { ancestor: synced, local: synced, remote: synced };
    const changed = validTable([
      ['n/a', '2'],
      ['n/b', '1'],
      ['n/new', '1'],
    ]);
    const found = update(world, changed);
    expect(found?.states).toEqual(
      new Map([
        ['n/a', 'modified'],
        ['n/c', 'deleted'],
        ['n/new', 'added'],
      ]),
    );
    expect(found?.tracked).toBe(3);
  });
});
