import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withChanges, type Change } from '../change';
import { isValidTable } from '../testing/validTable';
import { entry, table } from '../testing/fixtures';
import { reconcile } from '../testing/reconcile';
import { dropBlockedByServer } from './dropBlockedByServer';

function put(path: string): Change {
  return { path, from: undefined, to: entry(path, 'new') };
}

function deletion(path: string): Change {
  return { path, from: entry(path, 'old'), to: undefined };
}

function sentOf(changes: readonly Change[], ...remaining: string[]) {
  const { changes: sent, problems } = dropBlockedByServer(changes, remaining);
  return { sent: sent.map(({ path }) => path), problems: [...problems.keys()] };
}

describe('dropBlockedByServer', () => {
  it('drops a file where the server has a folder, and the deletions that make room for it', () => {
    const changes = [put('b'), put('x'), deletion('x/c'), put('y')];
    expect(sentOf(changes, 'x/a', 'z')).toEqual({ sent: ['b', 'y'], problems: ['x'] });
    expect(sentOf(changes, 'z', 'xy/a')).toEqual({ sent: ['b', 'x', 'x/c', 'y'], problems: [] });
  });

  it('drops the files in a folder where the server has a file', () => {
    const changes = [put('x/a'), put('x/y/b'), put('xy')];
    expect(sentOf(changes, 'x')).toEqual({ sent: ['xy'], problems: ['x/a', 'x/y/b'] });
  });

  it('names the path that is in the way', () => {
    const { problems } = dropBlockedByServer([put('x')], ['x/a']);
    expect(problems.get('x')).toEqual({ path: 'x', reason: 'server-has-folder', with: 'x/a' });
  });

  it('leaves the server’s table valid, whichever paths are not syncable', () => {
    const paths = ['a', 'a/b', 'a/b/c', 'a/d', 'b', 'b/a'];
    const side = fc.subarray(paths).map((chosen) => {
      return chosen.filter((path) => !chosen.some((other) => path.startsWith(`${other}/`)));
    });
    const tables = (chosen: readonly string[], content: string) =>
      table(Object.fromEntries(chosen.map((path) => [path, content])));
    fc.assert(
      fc.property(side, side, side, fc.subarray(paths), (ancestor, local, remote, unsyncable) => {
        const isSyncable = (path: string): boolean => !unsyncable.includes(path);
        const server = tables(remote, 'old');
        const plan = reconcile(tables(ancestor, 'old'), tables(local, 'new'), server, isSyncable);
        const remaining = remote.filter((path) => !isSyncable(path) && !local.includes(path));
        const { changes } = dropBlockedByServer(plan.uploads, remaining);
        const after = withChanges(server, changes);
        expect(isValidTable(after)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });
});
