import { describe, expect, it } from 'vitest';
import { withChanges } from '../change';
import { sameEntry } from '../entry';
import { table } from '../testing/fixtures';
import { reconcile } from '../testing/reconcile';
import type { Reconciliation } from './reconcile';

type Short = Readonly<Record<string, string>>;

/** What a side can have made of the path `a`: each state in one spelling, or in two that differ. */
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
      'directory added': [{ 'a/b': '1' }, { 'a/b': '2' }],
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
      'to directory': [{ 'a/b': '1' }, { 'a/b': '2' }],
    },
  },
  'a symlink': {
    ancestor: { a: '-> 1' },
    states: {
      unchanged: [{ a: '-> 1' }],
      modified: [{ a: '-> 2' }, { a: '-> 3' }],
      deleted: [{}],
      'to file': [{ a: '1' }, { a: '2' }],
      'to directory': [{ 'a/b': '1' }, { 'a/b': '2' }],
    },
  },
  'a directory': {
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
 * What is to happen, by situation, by what stands here, by what stands there. `pull`: the disk follows the
 * server; `push`: the server follows the disk; `agree`: only the ancestor follows; each with its paths, or
 * for `a` alone. After a `|` stands what happens when the other side holds the second spelling of its state.
 */
const expected: Readonly<Record<string, Readonly<Record<string, Short>>>> = {
  nothing: {
    absent: { absent: '-', 'file added': 'pull', 'symlink added': 'pull', 'directory added': 'pull a/b' },
    'file added': {
      absent: 'push',
      'file added': 'agree | conflict',
      'symlink added': 'conflict',
      'directory added': 'conflict a a/b',
    },
    'symlink added': {
      absent: 'push',
      'file added': 'conflict',
      'symlink added': 'agree | conflict',
      'directory added': 'conflict a a/b',
    },
    'directory added': {
      absent: 'push a/b',
      'file added': 'conflict a a/b',
      'symlink added': 'conflict a a/b',
      'directory added': 'agree a/b | conflict a/b',
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
      'to directory': 'pull a a/b',
    },
    modified: {
      unchanged: 'push',
      modified: 'agree | conflict',
      'mode only': 'conflict',
      'modified with mode': 'pull | conflict',
      deleted: 'conflict',
      'to symlink': 'conflict',
      'to directory': 'conflict a a/b',
    },
    'mode only': {
      unchanged: 'push',
      modified: 'conflict',
      'mode only': 'agree | pull',
      'modified with mode': 'pull',
      deleted: 'conflict',
      'to symlink': 'conflict',
      'to directory': 'conflict a a/b',
    },
    'modified with mode': {
      unchanged: 'push',
      modified: 'push | conflict',
      'mode only': 'push',
      'modified with mode': 'agree | conflict',
      deleted: 'conflict',
      'to symlink': 'conflict',
      'to directory': 'conflict a a/b',
    },
    deleted: {
      unchanged: 'push',
      modified: 'conflict',
      'mode only': 'conflict',
      'modified with mode': 'conflict',
      deleted: 'agree',
      'to symlink': 'conflict',
      'to directory': 'agree, pull a/b',
    },
    'to symlink': {
      unchanged: 'push',
      modified: 'conflict',
      'mode only': 'conflict',
      'modified with mode': 'conflict',
      deleted: 'conflict',
      'to symlink': 'agree | conflict',
      'to directory': 'conflict a a/b',
    },
    'to directory': {
      unchanged: 'push a a/b',
      modified: 'conflict a a/b',
      'mode only': 'conflict a a/b',
      'modified with mode': 'conflict a a/b',
      deleted: 'agree, push a/b',
      'to symlink': 'conflict a a/b',
      'to directory': 'agree a a/b | agree, conflict a/b',
    },
  },
  'a symlink': {
    unchanged: {
      unchanged: '-',
      modified: 'pull',
      deleted: 'pull',
      'to file': 'pull',
      'to directory': 'pull a a/b',
    },
    modified: {
      unchanged: 'push',
      modified: 'agree | conflict',
      deleted: 'conflict',
      'to file': 'conflict',
      'to directory': 'conflict a a/b',
    },
    deleted: {
      unchanged: 'push',
      modified: 'conflict',
      deleted: 'agree',
      'to file': 'conflict',
      'to directory': 'agree, pull a/b',
    },
    'to file': {
      unchanged: 'push',
      modified: 'conflict',
      deleted: 'conflict',
      'to file': 'agree | conflict',
      'to directory': 'conflict a a/b',
    },
    'to directory': {
      unchanged: 'push a a/b',
      modified: 'conflict a a/b',
      deleted: 'agree, push a/b',
      'to file': 'conflict a a/b',
      'to directory': 'agree a a/b | agree, conflict a/b',
    },
  },
  'a directory': {
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
      'entry modified': 'agree a/b | conflict a/b',
      'entry mode only': 'conflict a/b',
      'entry added': 'push a/b, pull a/d',
      deleted: 'conflict a/b, pull a/c',
      'to file': 'conflict a a/b, pull a/c',
      'to symlink': 'conflict a a/b, pull a/c',
    },
    'entry mode only': {
      unchanged: 'push a/b',
      'entry modified': 'conflict a/b',
      'entry mode only': 'agree a/b | pull a/b',
      'entry added': 'push a/b, pull a/d',
      deleted: 'conflict a/b, pull a/c',
      'to file': 'conflict a a/b, pull a/c',
      'to symlink': 'conflict a a/b, pull a/c',
    },
    'entry added': {
      unchanged: 'push a/d',
      'entry modified': 'push a/d, pull a/b',
      'entry mode only': 'push a/d, pull a/b',
      'entry added': 'agree a/d | conflict a/d',
      deleted: 'push a/d, pull a/b a/c',
      'to file': 'conflict a a/d, pull a/b a/c',
      'to symlink': 'conflict a a/d, pull a/b a/c',
    },
    deleted: {
      unchanged: 'push a/b a/c',
      'entry modified': 'conflict a/b, push a/c',
      'entry mode only': 'conflict a/b, push a/c',
      'entry added': 'push a/b a/c, pull a/d',
      deleted: 'agree a/b a/c',
      'to file': 'agree a/b a/c, pull',
      'to symlink': 'agree a/b a/c, pull',
    },
    'to file': {
      unchanged: 'push a a/b a/c',
      'entry modified': 'conflict a a/b, push a/c',
      'entry mode only': 'conflict a a/b, push a/c',
      'entry added': 'conflict a a/d, push a/b a/c',
      deleted: 'agree a/b a/c, push',
      'to file': 'agree a a/b a/c | agree a/b a/c, conflict',
      'to symlink': 'agree a/b a/c, conflict',
    },
    'to symlink': {
      unchanged: 'push a a/b a/c',
      'entry modified': 'conflict a a/b, push a/c',
      'entry mode only': 'conflict a a/b, push a/c',
      'entry added': 'conflict a a/d, push a/b a/c',
      deleted: 'agree a/b a/c, push',
      'to file': 'agree a/b a/c, conflict',
      'to symlink': 'agree a a/b a/c | agree a/b a/c, conflict',
    },
  },
};

interface Combination {
  readonly name: string;
  readonly ancestor: Short;
  readonly local: Short;
  readonly remote: Short;
  /** Undefined where the table says nothing of it. */
  readonly outcome: string | undefined;
}

function combinations(): Combination[] {
  const all: Combination[] = [];
  for (const [situation, { ancestor, states }] of Object.entries(situations)) {
    for (const [here, [local]] of Object.entries(states)) {
      for (const [there, spellings] of Object.entries(states)) {
        for (const [index, remote] of spellings.entries()) {
          const outcomes = expected[situation]?.[here]?.[there]?.split(' | ');
          const name = `${situation}: ${here} here, ${there} there${index === 1 ? ', otherwise' : ''}`;
          all.push({ name, ancestor, local, remote, outcome: outcomes?.[index] ?? outcomes?.[0] });
        }
      }
    }
  }
  return all;
}

/** What `outcome` says, by path. */
function verbs(outcome: string): Record<string, string> {
  if (outcome === '-') return {};
  return Object.fromEntries(
    outcome.split(', ').flatMap((part) => {
      const [verb = '', ...paths] = part.split(' ');
      return (paths.length === 0 ? ['a'] : paths).map((path) => [path, verb]);
    }),
  );
}

function found(result: Reconciliation): Record<string, string> {
  const lists = {
    agree: 'ancestorChanges',
    pull: 'localChanges',
    push: 'remoteChanges',
    conflict: 'conflicts',
  } as const;
  return Object.fromEntries(
    Object.entries(lists).flatMap(([verb, list]) => result[list].map(({ path }) => [path, verb])),
  );
}

describe('the reconcile table', () => {
  it('has a row for every combination of states, and for nothing else', () => {
    const missing = combinations().flatMap(({ name, outcome }) => (outcome === undefined ? [name] : []));
    expect(missing).toEqual([]);
    for (const [situation, rows] of Object.entries(expected)) {
      const states = Object.keys(situations[situation]?.states ?? {});
      expect(Object.keys(rows)).toEqual(states);
      for (const row of Object.values(rows)) expect(Object.keys(row)).toEqual(states);
    }
  });

  it.each(combinations().map((one) => [one.name, one] as const))('%s', (_, { outcome, ...sides }) => {
    const [ancestor, local, remote] = [table(sides.ancestor), table(sides.local), table(sides.remote)];
    const result = reconcile(ancestor, local, remote);
    expect(found(result)).toEqual(verbs(outcome ?? 'missing'));
    for (const { path, to } of result.localChanges) expect(to).toEqual(remote.get(path));
    for (const { path, to } of result.remoteChanges) expect(to).toEqual(local.get(path));
    for (const { path, to } of result.ancestorChanges) {
      expect(sameEntry(to, local.get(path)) && sameEntry(to, remote.get(path))).toBe(true);
    }
    const agreed = withChanges(ancestor, [...result.ancestorChanges, ...result.localChanges, ...result.remoteChanges]);
    const again = reconcile(agreed, withChanges(local, result.localChanges), withChanges(remote, result.remoteChanges));
    expect(again).toEqual({ ancestorChanges: [], localChanges: [], remoteChanges: [], conflicts: again.conflicts });
    expect(again.conflicts).toEqual(result.conflicts);
  });

  it.each(combinations().map((one) => [one.name, one] as const))('mirrors: %s', (name, sides) => {
    const [ancestor, local, remote] = [table(sides.ancestor), table(sides.local), table(sides.remote)];
    const mirrored: Record<string, string> = { pull: 'push', push: 'pull', agree: 'agree', conflict: 'conflict' };
    const one = found(reconcile(ancestor, local, remote));
    const other = found(reconcile(ancestor, remote, local));
    // Of two modes set on one content, the server's is taken, so that the sides do not exchange them.
    if (/mode only here, .*mode only there, otherwise$/.test(name)) expect(other).toEqual(one);
    else expect(other).toEqual(Object.fromEntries(Object.entries(one).map(([path, verb]) => [path, mirrored[verb]])));
  });
});
