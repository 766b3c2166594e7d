import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withChanges, type Change, type Conflict } from '../change';
import {
  conflictGroups,
  keepBoth,
  keepMine,
  nameForTheirs,
  takeEditWithMode,
  takeMerged,
  takeTheirs,
  type Decision,
} from './decision';
import { nameTaken } from '../filenames/uniqueName';
import { sameContent, sameEntry, type Entry, type FileTable } from '../entry';
import { entry, hashOf, shown, table } from '../testing/fixtures';
import { parentFolders } from '../paths';
import { reconcile } from '../testing/reconcile';
import { validTable } from '../testing/validTable';
import { remoteTable, type RemoteEntry } from '../remoteTable';

type Short = Readonly<Record<string, string>>;
type Choice = 'mine' | 'theirs' | 'both';

/** A machine's stored state. Its ancestor and unapplied remote give the server's table. */
interface Machine {
  readonly ancestor: FileTable;
  readonly unappliedRemote: ReadonlyMap<string, RemoteEntry>;
  readonly local: FileTable;
}

function plan({ ancestor, unappliedRemote, local }: Machine): ReturnType<typeof reconcile> {
  return reconcile(ancestor, local, remoteTable(ancestor, unappliedRemote));
}

function machine(ancestor: FileTable, local: FileTable, remote: FileTable): Machine {
  const unappliedRemote = new Map<string, RemoteEntry>();
  for (const path of new Set([...ancestor.keys(), ...remote.keys()])) {
    if (!sameEntry(ancestor.get(path), remote.get(path))) unappliedRemote.set(path, remote.get(path) ?? null);
  }
  return { ancestor, unappliedRemote, local };
}

/** The machine after both sides got `changes`. */
function synced({ ancestor, unappliedRemote, local }: Machine, changes: readonly Change[]): Machine {
  const unapplied = new Map(unappliedRemote);
  for (const { path } of changes) unapplied.delete(path);
  return { ancestor: withChanges(ancestor, changes), unappliedRemote: unapplied, local };
}

function decided(before: Machine, decisions: readonly Decision[]): Machine {
  const local = withChanges(
    before.local,
    decisions.flatMap(({ localChanges }) => localChanges),
  );
  return synced(
    { ...before, local },
    decisions.flatMap(({ ancestorChanges }) => ancestorChanges),
  );
}

function decide(choice: Choice, conflict: Conflict, before: Machine): Decision {
  if (choice === 'mine') return keepMine(conflict);
  if (choice === 'theirs') return takeTheirs(conflict);
  const isTaken = nameTaken([before.ancestor.keys(), before.unappliedRemote.keys(), before.local.keys()]);
  const group = conflictGroups(plan(before).conflicts).get(conflict.path) ?? [];
  return keepBoth(conflict, nameForTheirs(conflict, group, isTaken, 'server r12'));
}

function short(changes: readonly Change[]): Short {
  return Object.fromEntries(changes.map(({ path, to }) => [path, shown(to)]));
}

interface Row {
  readonly ancestor?: Short;
  readonly local?: Short;
  readonly remote?: Short;
  /** For each choice: the disk after the decision, and the changes of the next push, where '' deletes. */
  readonly mine: readonly [local: Short, push: Short];
  readonly theirs: readonly [local: Short, push: Short];
  readonly both: readonly [local: Short, push: Short];
}

const rows: Readonly<Record<string, Row>> = {
  'two edits': {
    ancestor: { 'a.md': '1' },
    local: { 'a.md': '2' },
    remote: { 'a.md': '3' },
    mine: [{ 'a.md': '2' }, { 'a.md': '2' }],
    theirs: [{ 'a.md': '3' }, {}],
    both: [
      { 'a.md': '2', 'a (server r12).md': '3' },
      { 'a.md': '2', 'a (server r12).md': '3' },
    ],
  },
  'two new files': {
    local: { a: '2' },
    remote: { a: '3' },
    mine: [{ a: '2' }, { a: '2' }],
    theirs: [{ a: '3' }, {}],
    both: [
      { a: '2', 'a (server r12)': '3' },
      { a: '2', 'a (server r12)': '3' },
    ],
  },
  'a local edit and a remote deletion': {
    ancestor: { a: '1' },
    local: { a: '2' },
    mine: [{ a: '2' }, { a: '2' }],
    theirs: [{}, {}],
    both: [{ a: '2' }, { a: '2' }],
  },
  'a local deletion and a remote edit': {
    ancestor: { a: '1' },
    remote: { a: '2' },
    mine: [{}, { a: '' }],
    theirs: [{ a: '2' }, {}],
    both: [{ a: '2' }, {}],
  },
  'a local symlink and a remote file': {
    ancestor: { a: '1' },
    local: { a: '-> x' },
    remote: { a: '2' },
    mine: [{ a: '-> x' }, { a: '-> x' }],
    theirs: [{ a: '2' }, {}],
    both: [
      { a: '-> x', 'a (server r12)': '2' },
      { a: '-> x', 'a (server r12)': '2' },
    ],
  },
  'a local edit and a remote mode': {
    ancestor: { a: '1' },
    local: { a: '2' },
    remote: { a: '1 x' },
    mine: [{ a: '2' }, { a: '2' }],
    theirs: [{ a: '1 x' }, {}],
    both: [
      { a: '2', 'a (server r12)': '1 x' },
      { a: '2', 'a (server r12)': '1 x' },
    ],
  },
  'a local file and a remote folder': {
    local: { a: '1' },
    remote: { 'a/b': '2', 'a/c': '3' },
    mine: [{ a: '1' }, { a: '1', 'a/b': '', 'a/c': '' }],
    theirs: [{ 'a/b': '2', 'a/c': '3' }, {}],
    both: [
      { a: '1', 'a (server r12)/b': '2', 'a (server r12)/c': '3' },
      { a: '1', 'a/b': '', 'a/c': '', 'a (server r12)/b': '2', 'a (server r12)/c': '3' },
    ],
  },
  'a local folder and a remote file': {
    local: { 'a/b': '1' },
    remote: { a: '2' },
    mine: [{ 'a/b': '1' }, { a: '', 'a/b': '1' }],
    theirs: [{ a: '2' }, {}],
    both: [
      { 'a/b': '1', 'a (server r12)': '2' },
      { a: '', 'a/b': '1', 'a (server r12)': '2' },
    ],
  },
  'a folder that became a file here and was edited there': {
    ancestor: { 'a/b': '1' },
    local: { a: '2' },
    remote: { 'a/b': '3' },
    mine: [{ a: '2' }, { a: '2', 'a/b': '' }],
    theirs: [{ 'a/b': '3' }, {}],
    both: [
      { a: '2', 'a (server r12)/b': '3' },
      { a: '2', 'a/b': '', 'a (server r12)/b': '3' },
    ],
  },
};

describe('a decision', () => {
  const cases = Object.entries(rows).flatMap(([name, row]) =>
    (['mine', 'theirs', 'both'] as const).map((choice) => [name, choice, row] as const),
  );

  it.each(cases)('on %s: %s', (_, choice, row) => {
    const before = machine(table(row.ancestor ?? {}), table(row.local ?? {}), table(row.remote ?? {}));
    const { conflicts } = plan(before);
    expect(conflicts).not.toEqual([]);
    const after = decided(
      before,
      conflicts.map((conflict) => decide(choice, conflict, before)),
    );
    const [local, push] = row[choice];
    expect(Object.fromEntries([...after.local].map(([path, entry]) => [path, shown(entry)]))).toEqual(local);
    const next = plan(after);
    expect(short(next.uploads)).toEqual(push);
    expect([next.conflicts, next.downloads, next.ancestorChanges]).toEqual([[], [], []]);
    expect(after.unappliedRemote.size).toBe(0);
    const done = plan(synced(after, next.uploads));
    expect(done).toEqual({ ancestorChanges: [], downloads: [], uploads: [], conflicts: [] });
  });

  it('returns where the server has the content if theirs is put under another name', () => {
    const [conflict] = plan(machine(table({}), table({ a: '1' }), table({ a: '2' }))).conflicts;
    expect(keepBoth(conflict!, 'b').localChanges).toEqual([
      { path: 'b', from: undefined, to: { ...entry('a', '2'), path: 'b' }, source: 'a' },
    ]);
  });

  it('does not overwrite mine with theirs', () => {
    const [conflict] = plan(machine(table({}), table({ a: '1' }), table({ a: '2' }))).conflicts;
    expect(() => keepBoth(conflict!, 'a')).toThrow(RangeError);
  });
});

describe('takeEditWithMode', () => {
  it.each([
    ['a local edit with a remote mode', '1', '2', '1 x', '2 x'],
    ['a remote edit with a local mode', '1', '1 x', '2', '2 x'],
    ['a local edit with a remote mode, from another mode', '1 600', '2 600', '1 x', '2 x'],
  ])('merges %s', (_, ancestor, local, remote, merged) => {
    const before = machine(table({ a: ancestor }), table({ a: local }), table({ a: remote }));
    const [conflict] = plan(before).conflicts;
    const decision = takeEditWithMode(conflict!);
    expect(short(decision?.localChanges ?? [])).toEqual({ a: merged });
    const after = decided(before, decision === undefined ? [] : [decision]);
    expect(plan(after)).toMatchObject({ conflicts: [], downloads: [], ancestorChanges: [] });
    expect(short(plan(after).uploads)).toEqual({ a: merged });
  });

  it.each([
    ['1', '2', '3 x'],
    ['1', '2', '-> x'],
    ['1', '1 x', ''],
  ])('does not merge other conflicts: %j, %j, %j', (ancestor, local, remote) => {
    const before = machine(
      table({ a: ancestor }),
      table({ a: local }),
      remote === '' ? table({}) : table({ a: remote }),
    );
    const [conflict] = plan(before).conflicts;
    expect(takeEditWithMode(conflict!)).toBeUndefined();
  });

  it('drops the stats of an observation', () => {
    const observed = { ...entry('a', '2'), ino: 7n };
    const sides = { path: 'a', ancestor: entry('a', '1'), local: observed, remote: entry('a', '1 x') };
    expect(takeEditWithMode(sides)?.localChanges).toEqual([{ path: 'a', from: observed, to: entry('a', '2 x') }]);
  });
});

describe('takeMerged', () => {
  const content = { hash: hashOf('23'), size: 2, mtimeNs: 1n };

  it.each([
    ['2', '3', '23'],
    ['2 x', '3', '23 x'],
    ['2', '3 x', '23 x'],
    ['2 x', '3 600', '23 600'],
  ])('replaces mine with the merged content, which the next push sends: %j, %j', (local, remote, merged) => {
    const before = machine(table({ a: '1' }), table({ a: local }), table({ a: remote }));
    const [conflict] = plan(before).conflicts;
    const decision = takeMerged(conflict!, content);
    expect(short(decision?.localChanges ?? [])).toEqual({ a: merged });
    const after = decided(before, decision === undefined ? [] : [decision]);
    expect(short(plan(after).uploads)).toEqual({ a: merged });
    expect(plan(after).conflicts).toEqual([]);
  });

  it('changes nothing here if it equals mine, and sends nothing if it equals theirs', () => {
    const before = machine(table({ a: '1' }), table({ a: '23' }), table({ a: '3' }));
    expect(takeMerged(plan(before).conflicts[0]!, content)).toMatchObject({ localChanges: [] });
    const other = machine(table({ a: '1' }), table({ a: '2' }), table({ a: '23' }));
    const decision = takeMerged(plan(other).conflicts[0]!, content);
    expect(plan(decided(other, [decision!])).uploads).toEqual([]);
  });

  it('requires a file on both sides', () => {
    const [conflict] = plan(machine(table({ a: '1' }), table({ a: '2' }), table({}))).conflicts;
    expect(takeMerged(conflict!, content)).toBeUndefined();
  });
});

describe('conflictGroups', () => {
  it('groups conflicts that are in one another’s way, and no others', () => {
    const local = table({ a: '1', 'a-b': '1', 'd/x': '1', e: '1' });
    const remote = table({ 'a/b/c': '2', 'a/d': '2', 'a-b': '2', d: '2', e: '2' });
    const groups = conflictGroups(plan(machine(table({}), local, remote)).conflicts);
    expect(Object.fromEntries([...groups].map(([path, group]) => [path, group.map((one) => one.path).join()]))).toEqual(
      {
        a: 'a,a/b/c,a/d',
        'a/b/c': 'a,a/b/c,a/d',
        'a/d': 'a,a/b/c,a/d',
        'a-b': 'a-b',
        d: 'd,d/x',
        'd/x': 'd,d/x',
        e: 'e',
      },
    );
  });
});

describe('decisions on all conflicts, for arbitrary tables', () => {
  const path = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
  const content = fc.constantFrom('1', '2', '3', '1 x', '2 600', '', '-> 1');
  const tables = fc.array(fc.tuple(path, content), { maxLength: 6 }).map(validTable);
  const choices = fc.array(fc.constantFrom<Choice>('mine', 'theirs', 'both'), { minLength: 6, maxLength: 6 });

  it('leave no conflict, a valid table and the chosen versions', () => {
    fc.assert(
      fc.property(tables, tables, tables, choices, (ancestor, local, remote, choices) => {
        const first = machine(ancestor, local, remote);
        const pulled = plan(first);
        const changes = [...pulled.ancestorChanges, ...pulled.downloads];
        const before = synced({ ...first, local: withChanges(local, pulled.downloads) }, changes);
        const { conflicts } = plan(before);
        const groups = conflictGroups(conflicts);
        const chosen = ({ path }: Conflict): Choice =>
          choices[conflicts.indexOf(groups.get(path)![0]!) % choices.length]!;
        const decisions = conflicts.map((conflict) => decide(chosen(conflict), conflict, before));
        const after = decided(before, decisions);
        const next = plan(after);
        expect([next.conflicts, next.downloads, next.ancestorChanges]).toEqual([[], [], []]);
        for (const path of after.local.keys()) {
          expect([...parentFolders(path)].filter((folder) => after.local.has(folder))).toEqual([]);
        }
        const has = (entry: Entry | undefined): boolean =>
          entry === undefined || [...after.local.values()].some((other) => sameContent(other, entry));
        for (const conflict of conflicts) {
          const choice = chosen(conflict);
          if (choice !== 'theirs') expect(has(conflict.local)).toBe(true);
          if (choice !== 'mine') expect(has(conflict.remote)).toBe(true);
        }
        expect(plan(synced(after, next.uploads)).uploads).toEqual([]);
      }),
      { numRuns: 3_000 },
    );
  });
});
