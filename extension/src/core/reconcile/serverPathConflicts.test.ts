import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withChanges, type Change } from '../change';
import { isValidTable } from '../testing/validTable';
import { entry, table } from '../testing/fixtures';
import { reconcile } from '../testing/reconcile';
import { dropBlockedByServer } from './serverPathConflicts';

function put(path: string): Change {
  return { path, from: undefined, to: entry(path, 'new') };
}

function gone(path: string): Change {
  return { path, from: entry(path, 'old'), to: undefined };
}

function placed(changes: readonly Change[], ...staying: string[]) {
  const { changes: sent, problems } = dropBlockedByServer(changes, staying);
  return { sent: sent.map(({ path }) => path), problems: [...problems.keys()] };
}

describe('withServerPlaces', () => {
  it('holds back a file that stands where the server keeps a folder, with what was to make room, and nothing else', () => {
    const changes = [put('b'), put('x'), gone('x/c'), put('y')];
    expect(placed(changes, 'x/a', 'z')).toEqual({ sent: ['b', 'y'], problems: ['x'] });
    expect(placed(changes, 'z', 'xy/a')).toEqual({ sent: ['b', 'x', 'x/c', 'y'], problems: [] });
  });

  it('holds back what lies in a folder that stands where the server keeps a file', () => {
    const changes = [put('x/a'), put('x/y/b'), put('xy')];
    expect(placed(changes, 'x')).toEqual({ sent: ['xy'], problems: ['x/a', 'x/y/b'] });
  });

  it('names the path that is in the way', () => {
    const { problems } = dropBlockedByServer([put('x')], ['x/a']);
    expect(problems.get('x')).toEqual({ path: 'x', reason: 'server-has-folder', with: 'x/a' });
  });

  it('leaves the server a possible folder, whatever takes no part there', () => {
    const paths = ['a', 'a/b', 'a/b/c', 'a/d', 'b', 'b/a'];
    const side = fc.subarray(paths).map((chosen) => {
      return chosen.filter((path) => !chosen.some((other) => path.startsWith(`${other}/`)));
    });
    const tables = (chosen: readonly string[], content: string) =>
      table(Object.fromEntries(chosen.map((path) => [path, content])));
    fc.assert(
      fc.property(side, side, side, fc.subarray(paths), (before, here, there, out) => {
        const isSyncable = (path: string): boolean => !out.includes(path);
        const server = tables(there, 'old');
        const plan = reconcile(tables(before, 'old'), tables(here, 'new'), server, isSyncable);
        const staying = there.filter((path) => !isSyncable(path) && !here.includes(path));
        const { changes } = dropBlockedByServer(plan.remoteChanges, staying);
        const after = withChanges(server, changes);
        expect(isValidTable(after)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });
});
