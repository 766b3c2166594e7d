import { describe, expect, it } from 'vitest';
import type { Change } from '../change';
import { entry } from '../testing/fixtures';
import { heldPaths, type HeldKind, type HoldPolicy } from './dropHeld';

const policy: HoldPolicy = {
  holds: new Set<HeldKind>(['outside', 'program']),
  isTracked: (path) => path.startsWith('n/'),
  isNamed: () => false,
  isSynced: () => false,
  obeyedThrough: () => undefined,
  holdsScripts: true,
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

  it('is held if a link makes a program obey it, unless both sides have it', () => {
    const over = { obeyedThrough: () => ({ path: '.husky/a', by: 'git' }) as const };
    expect(held([change('n/a', undefined, 'one')], over)).toEqual([['n/a', 'program by git']]);
    expect(held([change('n/a', undefined, 'one')], { ...over, isSynced: () => true })).toEqual([]);
  });

  it('is held if a program obeys it, even in a tracked folder', () => {
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

describe('an executable file', () => {
  it('is held as such outside the tracked folders', () => {
    expect(held([change('m/a', undefined, 'one x')], { holds: new Set(['program'] as const) })).toEqual([
      ['m/a', 'program by execute'],
    ]);
  });

  it('is not held in a tracked folder', () => {
    expect(held([change('n/a', undefined, 'one x'), change('n/b', 'one', 'one x')])).toEqual([]);
  });

  it('is not held as such if scripts are not', () => {
    expect(held([change('m/a', undefined, 'one x')], { holdsScripts: false })).toEqual([['m/a', 'outside']]);
  });
});

it('a newer version of a file that both sides have had is not held by its name', () => {
  expect(held([change('n/.envrc', 'one', 'two')], { isSynced: () => true })).toEqual([]);
});

it('a deletion is not held', () => {
  expect(held([change('.envrc', 'one', undefined)])).toEqual([]);
});
