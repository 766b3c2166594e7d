import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entry, fieldsOf } from '../../core/testing/fixtures';
import type { Observation } from '../../core/observation';
import { packEntries, packObservations, unpackEntries, unpackObservations, wasSynced } from './packedEntries';

const integer = fc.oneof(fc.bigInt(), fc.constantFrom(0n, -1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n));
const path = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.isWellFormed() && !text.includes('\0'));
const hash = fc.oneof(fc.stringMatching(/^[0-9a-f]{64}$/), fc.constantFrom('h', '', 'F'.repeat(64)));

const observation: fc.Arbitrary<Observation> = fc
  .record({
    path,
    size: fc.maxSafeNat(),
    mtimeNs: integer,
    mode: fc.nat(),
    hash,
    dev: integer,
    ino: integer,
    ctimeNs: integer,
    racy: fc.boolean(),
  })
  .chain((common) =>
    fc.oneof(
      fc.constant({ ...common, kind: 'file' as const }),
      fc.string().map((target) => ({ ...common, kind: 'symlink' as const, target })),
    ),
  );

describe('packed entries', () => {
  it('round-trip without loss', () => {
    fc.assert(
      fc.property(fc.array(observation, { maxLength: 20 }), (observations) => {
        expect(unpackObservations(packObservations(observations)).map(fieldsOf)).toEqual(observations);
      }),
    );
  });

  it('round-trip with deletions', () => {
    const rows = [
      ['a', entry('a', 'one')],
      ['b', null],
      ['é\n', entry('é\n', '-> a')],
    ] as const;
    const unpacked = unpackEntries(packEntries(rows));
    expect(unpacked.map(([path, value]) => [path, value && fieldsOf(value)])).toEqual(rows);
    expect(unpackEntries(packEntries([]))).toEqual([]);
  });

  it('keep the mark of synced observations, except irregular ones', () => {
    const observed = (path: string, content: string): Observation => {
      return { ...entry(path, content), dev: 1n, ino: 2n, ctimeNs: 3n, racy: true };
    };
    const packed = packObservations(
      [observed('a', 'one'), observed('b', 'two'), observed('l', '-> a')],
      ({ path }) => path !== 'b',
    );
    expect(unpackObservations(packed).filter(wasSynced)).toMatchObject([{ path: 'a', mode: 0o644, racy: true }]);
  });

  it('are rejected if they are incomplete', () => {
    const bytes = packEntries([['a', entry('a', 'one')]]);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => unpackEntries(bytes.slice(0, length))).toThrow(TypeError);
    }
    expect(() => unpackObservations(bytes)).toThrow(TypeError);
  });
});
