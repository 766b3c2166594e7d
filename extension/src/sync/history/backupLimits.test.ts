import { describe, expect, it } from 'vitest';
import { surplusBackups, type MeasuredBackup } from './backupLimits';

const now = new Date('2031-05-31T00:00:00Z');
const limits = { maxAgeDays: 30, maxBytes: 100 };

/** A backup named by its number, made this many days before now. */
function backup(number: number, days: number, other: Partial<MeasuredBackup> = {}): MeasuredBackup {
  const at = new Date(now.getTime() - days * 86_400_000).toISOString();
  return { name: String(number), at, bytes: 1, hasRecord: false, isInUse: false, ...other };
}

function surplus(backups: readonly MeasuredBackup[]): string[] {
  return [...surplusBackups([...backups].reverse(), limits, now)].sort((a, b) => Number(a) - Number(b));
}

/** Numbered from `first`, oldest first. */
function several(count: number, first: number, days: number, other: Partial<MeasuredBackup> = {}): MeasuredBackup[] {
  return Array.from({ length: count }, (_, index) => backup(first + index, days, other));
}

describe('surplusBackups', () => {
  it('returns backups that are too old', () => {
    expect(surplus([backup(1, 31), backup(2, 29), ...several(5, 3, 0)])).toEqual(['1']);
  });

  it('returns the oldest ones beyond the size, and keeps as many as fit', () => {
    const large = { bytes: 30 };
    expect(surplus(several(10, 1, 0, large))).toEqual(['1', '2', '3', '4', '5']);
    expect(surplus([...several(3, 1, 0, large), backup(4, 0, { bytes: 96 }), ...several(5, 5, 0)])).toEqual(['4']);
  });

  it('never returns the last five backups, whatever their age and size', () => {
    expect(surplus(several(5, 1, 400, { bytes: 1_000 }))).toEqual([]);
    expect(surplus(several(6, 1, 400, { bytes: 1_000 }))).toEqual(['1']);
  });

  it('never returns those of the last five pulls, however many others came later', () => {
    const pulls = several(7, 1, 400, { bytes: 1_000, hasRecord: true });
    expect(surplus([...pulls, ...several(9, 8, 400)])).toEqual(['1', '2', '8', '9', '10', '11']);
  });

  it('never returns what an active merge needs', () => {
    expect(surplus([backup(1, 400, { isInUse: true }), backup(2, 400), ...several(5, 3, 0)])).toEqual(['2']);
  });

  it('counts the backups that are always kept towards the size', () => {
    const pulls = several(5, 2, 0, { bytes: 25, hasRecord: true });
    expect(surplus([backup(1, 0), ...pulls])).toEqual(['1']);
  });

  it('keeps backups that are dated in the future, until they exceed the size', () => {
    expect(surplus([backup(1, -400), ...several(5, 2, 0)])).toEqual([]);
    expect(surplus([backup(1, -400, { bytes: 100 }), ...several(5, 2, 0)])).toEqual(['1']);
  });
});
