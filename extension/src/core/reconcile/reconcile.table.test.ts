import { describe, expect, it } from 'vitest';
import { withChanges } from '../change';
import { sameEntry } from '../entry';
import { table } from '../testing/fixtures';
import { reconcile } from '../testing/reconcile';
import type { Reconciliation } from './reconcile';

type Short = Readonly<Record<string, string>>;

/** The states into which a side can bring the path `a`, each with one example, or with two that differ. */
interface Situation {
  readonly ancestor: Short;
  readonly states: Readonly<Record<string, readonly [Short] | readonly [Short, Short]>>;
}

const situations: Readonly<Record<string, Situation>> = {
  nothing: {
    ancestor: {},
    states: {
      absent: [{}],
      'file added': [{ a: '1' }, { a: '2' }],
      'symlink added': [{ a: '-> 1' }, { a: '-> 2' }],
      'folder added': [{ 'a/b': '1' }, { 'a/b': '2' }],
    },
  },
  'a file': {
    ancestor: { a: '1' },
    states: {
      unchanged: [{ a: '1' }],
      modified: [{ a: '2' }, { a: '3' }],
      'mode only': [{ a: '1 x' }, { a: '1 600' }],
      'modified with mode': [{ a: '2 x' }, { a: '3 600' }],
      deleted: [{}],
      'to symlink': [{ a: '-> 1' }, { a: '-> 2' }],
      'to folder': [{ 'a/b': '1' }, { 'a/b': '2' }],
    },
  },
  'a symlink': {
    ancestor: { a: '-> 1' },
    states: {
      unchanged: [{ a: '-> 1' }],
      modified: [{ a: '-> 2' }, { a: '-> 3' }],
      deleted: [{}],
      'to file': [{ a: '1' }, { a: '2' }],
      'to folder': [{ 'a/b': '1' }, { 'a/b': '2' }],
    },
  },
  'a folder': {
    ancestor: { 'a/b': '1', 'a/c': '1' },
    states: {
      unchanged: [{ 'a/b': '1', 'a/c': '1' }],
      'entry modified': [
        { 'a/b': '2', 'a/c': '1' },
        { 'a/b': '3', 'a/c': '1' },
      ],
      'entry mode only': [
        { 'a/b': '1 x', 'a/c': '1' },
        { 'a/b': '1 600', 'a/c': '1' },
      ],
      'entry added': [
        { 'a/b': '1', 'a/c': '1', 'a/d': '1' },
        { 'a/b': '1', 'a/c': '1', 'a/d': '2' },
      ],
      deleted: [{}],
      'to file': [{ a: '2' }, { a: '3' }],
      'to symlink': [{ a: '-> 1' }, { a: '-> 2' }],
    },
  },
};

/**
 * The expected outcome by situation, local state and remote state. `pull`: local becomes remote; `push`: remote becomes
 * local; `converge`: only the ancestor follows; each with its paths, or for `a` alone. The outcome after a `|` is for
 * the second example of the remote state.
 */
const expected: Readonly<Record<string, Readonly<Record<string, Short>>>> = {
  nothing: {
    absent: { absent: '-', 'file added': 'pull', 'symlink added': 'pull', 'folder added': 'pull a/b' },
    'file added': {
      absent: 'push',
      'file added': 'converge | conflict',
      'symlink added': 'conflict',
      'folder added': 'conflict a a/b',
    },
    'symlink added': {
      absent: 'push',
      'file added': 'conflict',
      'symlink added': 'converge | conflict',
      'folder added': 'conflict a a/b',
    },
    'folder added': {
      absent: 'push a/b',
      'file added': 'conflict a a/b',
      'symlink added': 'conflict a a/b',
      'folder added': 'converge a/b | conflict a/b',
    },
  },
  'a file': {
    unchanged: {
      unchanged: '-',
      modified: 'pull',
      'mode only': 'pull',
      'modified with mode': 'pull',
      deleted: 'pull',
      'to symlink': 'pull',
      'to folder': 'pull a a/b',
    },
    modified: {
      unchanged: 'push',
      modified: 'converge | conflict',
      'mode only': 'conflict',
      'modified with mode': 'pull | conflict',
      deleted: 'conflict',
      'to symlink': 'conflict',
      'to folder': 'conflict a a/b',
    },
    'mode only': {
      unchanged: 'push',
      modified: 'conflict',
      'mode only': 'converge | pull',
      'modified with mode': 'pull',
      deleted: 'conflict',
      'to symlink': 'conflict',
      'to folder': 'conflict a a/b',
    },
    'modified with mode': {
      unchanged: 'push',
      modified: 'push | conflict',
      'mode only': 'push',
      'modified with mode': 'converge | conflict',
      deleted: 'conflict',
      'to symlink': 'conflict',
      'to folder': 'conflict a a/b',
    },
    deleted: {
      unchanged: 'push',
      modified: 'conflict',
      'mode only': 'conflict',
      'modified with mode': 'conflict',
      deleted: 'converge',
      'to symlink': 'conflict',
      'to folder': 'converge, pull a/b',
    },
    'to symlink': {
      unchanged: 'push',
      modified: 'conflict',
      'mode only': 'conflict',
      'modified with mode': 'conflict',
      deleted: 'conflict',
      'to symlink': 'converge | conflict',
      'to folder': 'conflict a a/b',
    },
    'to folder': {
      unchanged: 'push a a/b',
      modified: 'conflict a a/b',
      'mode only': 'conflict a a/b',
      'modified with mode': 'conflict a a/b',
      deleted: 'converge, push a/b',
      'to symlink': 'conflict a a/b',
      'to folder': 'converge a a/b | converge, conflict a/b',
    },
  },
  'a symlink': {
    unchanged: {
      unchanged: '-',
      modified: 'pull',
      deleted: 'pull',
      'to file': 'pull',
      'to folder': 'pull a a/b',
    },
    modified: {
      unchanged: 'push',
      modified: 'converge | conflict',
      deleted: 'conflict',
      'to file': 'conflict',
      'to folder': 'conflict a a/b',
    },
    deleted: {
      unchanged: 'push',
      modified: 'conflict',
      deleted: 'converge',
      'to file': 'conflict',
      'to folder': 'converge, pull a/b',
    },
    'to file': {
      unchanged: 'push',
      modified: 'conflict',
      deleted: 'conflict',
      'to file': 'converge | conflict',
      'to folder': 'conflict a a/b',
    },
    'to folder': {
      unchanged: 'push a a/b',
      modified: 'conflict a a/b',
      deleted: 'converge, push a/b',
      'to file': 'conflict a a/b',
      'to folder': 'converge a a/b | converge, conflict a/b',
    },
  },
  'a folder': {
    unchanged: {
      unchanged: '-',
      'entry modified': 'pull a/b',
      'entry mode only': 'pull a/b',
      'entry added': 'pull a/d',
      deleted: 'pull a/b a/c',
      'to file': 'pull a a/b a/c',
      'to symlink': 'pull a a/b a/c',
    },
    'entry modified': {
      unchanged: 'push a/b',
      'entry modified': 'converge a/b | conflict a/b',
      'entry mode only': 'conflict a/b',
      'entry added': 'push a/b, pull a/d',
      deleted: 'conflict a/b, pull a/c',
      'to file': 'conflict a a/b, pull a/c',
      'to symlink': 'conflict a a/b, pull a/c',
    },
    'entry mode only': {
      unchanged: 'push a/b',
      'entry modified': 'conflict a/b',
      'entry mode only': 'converge a/b | pull a/b',
      'entry added': 'push a/b, pull a/d',
      deleted: 'conflict a/b, pull a/c',
      'to file': 'conflict a a/b, pull a/c',
      'to symlink': 'conflict a a/b, pull a/c',
    },
    'entry added': {
      unchanged: 'push a/d',
      'entry modified': 'push a/d, pull a/b',
      'entry mode only': 'push a/d, pull a/b',
      'entry added': 'converge a/d | conflict a/d',
      deleted: 'push a/d, pull a/b a/c',
      'to file': 'conflict a a/d, pull a/b a/c',
      'to symlink': 'conflict a a/d, pull a/b a/c',
    },
    deleted: {
      unchanged: 'push a/b a/c',
      'entry modified': 'conflict a/b, push a/c',
      'entry mode only': 'conflict a/b, push a/c',
      'entry added': 'push a/b a/c, pull a/d',
      deleted: 'converge a/b a/c',
      'to file': 'converge a/b a/c, pull',
      'to symlink': 'converge a/b a/c, pull',
    },
    'to file': {
      unchanged: 'push a a/b a/c',
      'entry modified': 'conflict a a/b, push a/c',
      'entry mode only': 'conflict a a/b, push a/c',
      'entry added': 'conflict a a/d, push a/b a/c',
      deleted: 'converge a/b a/c, push',
      'to file': 'converge a a/b a/c | converge a/b a/c, conflict',
      'to symlink': 'converge a/b a/c, conflict',
    },
    'to symlink': {
      unchanged: 'push a a/b a/c',
      'entry modified': 'conflict a a/b, push a/c',
      'entry mode only': 'conflict a a/b, push a/c',
      'entry added': 'conflict a a/d, push a/b a/c',
      deleted: 'converge a/b a/c, push',
      'to file': 'converge a/b a/c, conflict',
      'to symlink': 'converge a a/b a/c | converge a/b a/c, conflict',
    },
  },
};

interface Combination {
  readonly name: string;
  readonly ancestor: Short;
  readonly local: Short;
  readonly remote: Short;
  /** Undefined if the table has no row for it. */
  readonly outcome: string | undefined;
}

function combinations(): Combination[] {
  const all: Combination[] = [];
  for (const [situation, { ancestor, states }] of Object.entries(situations)) {
    for (const [localState, [local]] of Object.entries(states)) {
      for (const [remoteState, examples] of Object.entries(states)) {
        for (const [index, remote] of examples.entries()) {
          const outcomes = expected[situation]?.[localState]?.[remoteState]?.split(' | ');
          const name = `${situation}: ${localState} here, ${remoteState} on the server${index === 1 ? ', differently' : ''}`;
          all.push({ name, ancestor, local, remote, outcome: outcomes?.[index] ?? outcomes?.[0] });
        }
      }
    }
  }
  return all;
}

/** The verb of `outcome` for each path. */
function verbs(outcome: string): Record<string, string> {
  if (outcome === '-') return {};
  return Object.fromEntries(
    outcome.split(', ').flatMap((part) => {
      const [verb = '', ...paths] = part.split(' ');
      return (paths.length === 0 ? ['a'] : paths).map((path) => [path, verb]);
    }),
  );
}

function verbsOf(result: Reconciliation): Record<string, string> {
  const lists = {
    converge: 'ancestorChanges',
    pull: 'downloads',
    push: 'uploads',
    conflict: 'conflicts',
  } as const;
  return Object.fromEntries(
    Object.entries(lists).flatMap(([verb, list]) => result[list].map(({ path }) => [path, verb])),
  );
}

describe('the reconcile table', () => {
  it('has a row for every combination of states, and no other', () => {
    const missing = combinations().flatMap(({ name, outcome }) => (outcome === undefined ? [name] : []));
    expect(missing).toEqual([]);
    for (const [situation, rows] of Object.entries(expected)) {
      const states = Object.keys(situations[situation]?.states ?? {});
      expect(Object.keys(rows)).toEqual(states);
      for (const row of Object.values(rows)) expect(Object.keys(row)).toEqual(states);
    }
  });

  it.each(combinations().map((combination) => [combination.name, combination] as const))(
    '%s',
    (_, { outcome, ...sides }) => {
      const [ancestor, local, remote] = [table(sides.ancestor), table(sides.local), table(sides.remote)];
      const result = reconcile(ancestor, local, remote);
      expect(verbsOf(result)).toEqual(verbs(outcome ?? 'missing'));
      for (const { path, to } of result.downloads) expect(to).toEqual(remote.get(path));
      for (const { path, to } of result.uploads) expect(to).toEqual(local.get(path));
      for (const { path, to } of result.ancestorChanges) {
        expect(sameEntry(to, local.get(path)) && sameEntry(to, remote.get(path))).toBe(true);
      }
      const synced = withChanges(ancestor, [...result.ancestorChanges, ...result.downloads, ...result.uploads]);
      const again = reconcile(synced, withChanges(local, result.downloads), withChanges(remote, result.uploads));
      expect(again).toEqual({ ancestorChanges: [], downloads: [], uploads: [], conflicts: again.conflicts });
      expect(again.conflicts).toEqual(result.conflicts);
    },
  );

  it.each(combinations().map((combination) => [combination.name, combination] as const))(
    'is mirrored with swapped sides: %s',
    (name, sides) => {
      const [ancestor, local, remote] = [table(sides.ancestor), table(sides.local), table(sides.remote)];
      const mirror: Record<string, string> = { pull: 'push', push: 'pull', converge: 'converge', conflict: 'conflict' };
      const result = verbsOf(reconcile(ancestor, local, remote));
      const swapped = verbsOf(reconcile(ancestor, remote, local));
      // If both sides set a mode, the server's wins, so that the sides do not exchange them.
      if (/mode only here, .*mode only on the server, differently$/.test(name)) expect(swapped).toEqual(result);
      else
        expect(swapped).toEqual(Object.fromEntries(Object.entries(result).map(([path, verb]) => [path, mirror[verb]])));
    },
  );
});
