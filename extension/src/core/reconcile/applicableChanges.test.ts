import { describe, expect, it } from 'vitest';
import type { Change } from '../change';
import { table } from '../testing/fixtures';
import { applicableChanges } from './applicableChanges';

/** The paths of the applicable changes from `before` to `after`; an empty content deletes the path. */
function applicable(before: Record<string, string>, after: Record<string, string>): string[] {
  const [current, next] = [table(before), table(after)];
  const changes = Object.entries(after).map(([path, content]): Change => {
    return { path, from: current.get(path), to: content === '' ? undefined : next.get(path) };
  });
  return applicableChanges(current, changes).map(({ path }) => path);
}

describe('applicableChanges', () => {
  it('keeps changes that fit, even if a file replaces a folder or a folder a file', () => {
    expect(applicable({ a: '1', c: '1' }, { a: '2', b: '1', c: '' })).toEqual(['a', 'b', 'c']);
    expect(applicable({ 'x/in': '1', y: '1' }, { x: '1', 'x/in': '', y: '', 'y/in': '1' })).toEqual([
      'x',
      'x/in',
      'y',
      'y/in',
    ]);
  });

  it('drops a file where a folder stays, with the deletions that make room for it', () => {
    expect(applicable({ 'x/in': '1', 'x/other': '1', a: '1' }, { x: '1', 'x/in': '', a: '2' })).toEqual(['a']);
  });

  it('drops a file below a file that stays, with the deletions that make room for it', () => {
    expect(applicable({ x: '1' }, { 'x/deep/in': '1' })).toEqual([]);
    expect(applicable({ x: '1', 'y/z': '1' }, { x: '', 'x/in': '1', y: '1' })).toEqual(['x', 'x/in']);
  });
});
