import { describe, expect, it } from 'vitest';
import type { Change } from '../../core/change';
import { table } from '../../core/testing/fixtures';
import { applicableChanges } from './applicableChanges';

/** Changes of `now`, each to the content given, or to nothing. */
function kept(now: Record<string, string>, to: Record<string, string>): string[] {
  const [stands, becomes] = [table(now), table(to)];
  const changes = Object.entries(to).map(([path, content]): Change => {
    return { path, from: stands.get(path), to: content === '' ? undefined : becomes.get(path) };
  });
  return applicableChanges(stands, changes).map(({ path }) => path);
}

describe('possibleChanges', () => {
  it('keeps what has a place, also where a file takes the place of a folder or the reverse', () => {
    expect(kept({ a: '1', c: '1' }, { a: '2', b: '1', c: '' })).toEqual(['a', 'b', 'c']);
    expect(kept({ 'x/in': '1', y: '1' }, { x: '1', 'x/in': '', y: '', 'y/in': '1' })).toEqual([
      'x',
      'x/in',
      'y',
      'y/in',
    ]);
  });

  it('leaves out a file that would stand where a folder is, and the deletions that were to make room for it', () => {
    expect(kept({ 'x/in': '1', 'x/other': '1', a: '1' }, { x: '1', 'x/in': '', a: '2' })).toEqual(['a']);
  });

  it('leaves out a file below one that stays, and the deletions that were to make room for it', () => {
    expect(kept({ x: '1' }, { 'x/deep/in': '1' })).toEqual([]);
    expect(kept({ x: '1', 'y/z': '1' }, { x: '', 'x/in': '1', y: '1' })).toEqual(['x', 'x/in']);
  });
});
