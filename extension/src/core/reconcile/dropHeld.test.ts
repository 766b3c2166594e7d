import { describe, expect, it } from 'vitest';
import type { Change } from '../change';
import { entry } from '../testing/fixtures';
import { heldPaths, type HeldKind, type HoldPolicy } from './dropHeld';

const policy: HoldPolicy = {
  holds: new Set<HeldKind>(['outside', 'program']),
  isTracked: (path) => path.startsWith('n/'),
  isNamed: () => false,
  isSynced: () => false,
  honoursModes: true,
};

function change(path: string, from: string | undefined, to: string | undefined): Change {
  return {
    path,
    from: from === undefined ? undefined : entry(path, from),
    to: to === undefined ? to : entry(path, to),
  };
}

function held(changes: readonly Change[], over: Partial<HoldPolicy> = {}): [string, string][] {
  return [...heldPaths(changes, { ...policy, ...over }).values()].map(({ path, kinds, by }) => [
    path,
    [...kinds, ...(by === undefined ? [] : [`by ${by}`])].join(' '),
  ]);
}

describe('a new file', () => {
  it('is held if this machine does not track it', () => {
    expect(held([change('m/a.md', undefined, 'one'), change('n/a.md', undefined, 'one')])).toEqual([
      ['m/a.md', 'outside'],
    ]);
  });

  it('is held if a program obeys it, also in a tracked folder', () => {
    expect(held([change('n/.envrc', undefined, 'one'), change('.envrc', undefined, 'one')])).toEqual([
      ['n/.envrc', 'program by environment'],
      ['.envrc', 'outside program by environment'],
    ]);
  });

  it('is not held if the user has tracked it by name', () => {
    expect(held([change('n/.envrc', undefined, 'one x')], { isNamed: () => true })).toEqual([]);
  });

  it('is not held if the user has agreed to it', () => {
    expect(held([change('.envrc', undefined, 'one x')], { approved: new Set(['.envrc']) })).toEqual([]);
  });
});

describe('an execute bit', () => {
  it('is held if it is new', () => {
    const changes = [change('n/a', undefined, 'one x'), change('n/b', 'one', 'two x'), change('n/c', 'one', 'one x')];
    expect(held(changes, { isSynced: (path) => path !== 'n/a' }).map(([path]) => path)).toEqual(['n/a', 'n/b', 'n/c']);
  });

  it('is not held if the file has had it, here or under another name', () => {
    const changes = [
      change('n/a', 'one x', 'two x'),
      change('n/old', 'old x', undefined),
      change('n/b', undefined, 'old x'),
    ];
    expect(held(changes)).toEqual([]);
  });

  it('is not held on a disk without execute bits', () => {
    expect(held([change('n/a', undefined, 'one x')], { honoursModes: false })).toEqual([]);
  });
});

it('a newer version of a file that both sides have had is not held by its name', () => {
  expect(held([change('n/.envrc', 'one', 'two')], { isSynced: () => true })).toEqual([]);
});

it('a deletion is not held', () => {
  expect(held([change('.envrc', 'one', undefined)])).toEqual([]);
});
