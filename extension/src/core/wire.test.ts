import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deletedEntry, fileEntry, putChange as putSchema } from '../../../server/src/contract/schemas';
import { entry, hashOf, shown, table } from './testing/fixtures';
import { runToEnd } from './cooperativeTask';
import { overlay, remoteTable } from './remoteTable';
import { entryOf, pushChanges, putChange, remoteChangesSteps } from './wire';

describe('the wire', () => {
  it('round-trips an entry to the nanosecond', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.integer({ min: 0, max: 0o777 }),
        (mtimeNs, mode) => {
          const sent = { ...entry('a/b', 'text'), mtimeNs, mode, size: 2 ** 53 - 1 };
          const received = putSchema.parse(JSON.parse(JSON.stringify(putChange(sent))));
          const { op, ...file } = received;
          expect(op).toBe('put');
          expect(entryOf(fileEntry.parse({ ...file, revision: 3 }))).toEqual(sent);
        },
      ),
    );
  });

  it.each([
    ['1601', -11_644_473_600n, '-9223372036854775808'],
    ['2286', 9_999_999_999n, '9223372036854775807'],
    ['9999', 253_402_300_799n, '9223372036854775807'],
  ])('sends a time of the year %s as the nearest one that the wire can carry', (_, seconds, sent) => {
    const change = putChange({ ...entry('a', 'text'), mtimeNs: seconds * 1_000_000_000n });
    expect(change.mtimeNs).toBe(sent);
    expect(putSchema.safeParse(change).success).toBe(true);
  });

  it('sends the target of a symlink, and none for a file', () => {
    const link = entry('l', '-> a');
    expect(putChange(link).target).toBe('a');
    expect(putChange(entry('f', 'a'))).not.toHaveProperty('target');
    expect(entryOf({ ...link, mtimeNs: '1', revision: 1 })).toEqual(link);
  });

  it('does not send the stats of an observation', () => {
    const observed = { ...entry('f', 'a'), dev: 1n, ino: 2n, ctimeNs: 3n, racy: false };
    expect(putChange(observed)).toEqual(putChange(entry('f', 'a')));
  });

  it('sends puts and deletions', () => {
    const deletion = { path: 'a', from: entry('a', '1'), to: undefined };
    const put = { path: 'b', from: undefined, to: entry('b', '1') };
    expect([...pushChanges([deletion, put])]).toEqual([{ op: 'delete', path: 'a' }, putChange(entry('b', '1'))]);
  });

  it('reads a response with deletions', () => {
    const put = fileEntry.parse({
      path: 'a',
      kind: 'file',
      size: 1,
      mtimeNs: '5',
      mode: 420,
      hash: hashOf('1'),
      revision: 2,
    });
    const deletion = deletedEntry.parse({ path: 'b', deleted: true, revision: 2 });
    const changes = runToEnd(remoteChangesSteps([entryOf(put), deletion]));
    expect(shown(changes.get('a') ?? undefined)).toBe('1');
    expect(changes.get('b')).toBeNull();
  });

  it('overlays changes on a table and leaves the table unchanged', () => {
    const before = table({ a: '1', b: '1' });
    const changes = new Map([
      ['a', null],
      ['c', entry('c', '2')],
    ]);
    const after = overlay(before, changes);
    expect([...after.keys()]).toEqual(['b', 'c']);
    expect([...before.keys()]).toEqual(['a', 'b']);
    expect(remoteTable(before, new Map([['b', entry('b', '9')]])).get('b')).toEqual(entry('b', '9'));
  });

  it('makes the overlay equal to a changed copy, whatever the changes', () => {
    const path = fc.constantFrom('a', 'b', 'c', 'd');
    const change = fc.oneof(fc.constant(null), fc.constantFrom('1', '2'));
    fc.assert(
      fc.property(fc.dictionary(path, fc.constantFrom('1', '2')), fc.array(fc.tuple(path, change)), (before, pairs) => {
        const changes = new Map(pairs.map(([path, content]) => [path, content && entry(path, content)]));
        const copy = table(before);
        for (const [path, entry] of changes) {
          if (entry === null) copy.delete(path);
          else copy.set(path, entry);
        }
        const after = overlay(table(before), changes);
        expect(new Map(after)).toEqual(copy);
        expect(new Map([...after.keys()].map((path) => [path, after.get(path)]))).toEqual(copy);
        expect([after.size, after.has('a')]).toEqual([copy.size, copy.has('a')]);
        expect([...after.values()]).toHaveLength(copy.size);
      }),
    );
  });
});
