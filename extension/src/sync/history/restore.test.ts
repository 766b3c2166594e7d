import { describe, expect, it } from 'vitest';
import type { Rule } from '../../core/tracking/rule';
import { Selection } from '../../core/tracking/selection';
import { includesPath } from './restore';

const rules: readonly Rule[] = [
  { path: 'n', kind: 'folder', effect: 'track' },
  { path: 'n/private', kind: 'folder', effect: 'untrack' },
  { path: 'n/dist/kept', kind: 'file', effect: 'track' },
];
const selection = new Selection({ rules, exclude: ['dist'] });

const all = ['n/a', 'n/dist/kept', 'n/dist/x', 'n/private/deep/x', 'n/private/x', 'other/x'];
const restored = (requested: string): string[] => all.filter((path) => includesPath(selection, requested, path));

describe('a restored folder', () => {
  it('includes all its files except those that are untracked or excluded here', () => {
    expect(restored('n')).toEqual(['n/a', 'n/dist/kept']);
    expect(restored('')).toEqual(['n/a', 'n/dist/kept', 'other/x']);
  });

  it('includes untracked and excluded files if it is untracked or excluded itself', () => {
    expect(restored('n/private')).toEqual(['n/private/deep/x', 'n/private/x']);
    expect(restored('n/private/deep')).toEqual(['n/private/deep/x']);
    expect(restored('n/private/x')).toEqual(['n/private/x']);
    expect(restored('n/dist')).toEqual(['n/dist/kept', 'n/dist/x']);
    expect(restored('n/dist/x')).toEqual(['n/dist/x']);
  });
});
