import { describe, expect, it } from 'vitest';
import type { Rule } from '../../core/tracking/rule';
import { Selection } from '../../core/tracking/selection';
import { isMeant } from './restore';

const rules: readonly Rule[] = [
  { path: 'n', kind: 'folder', effect: 'track' },
  { path: 'n/private', kind: 'folder', effect: 'untrack' },
  { path: 'n/dist/kept', kind: 'file', effect: 'track' },
];
const selection = new Selection({ rules, exclude: ['dist'] });

const all = ['n/a', 'n/dist/kept', 'n/dist/x', 'n/private/deep/x', 'n/private/x', 'other/x'];
const meant = (named: string): string[] => all.filter((path) => isMeant(selection, path, named));

describe('what a restored folder stands for', () => {
  it('is all that is in it, but for what was left out of it here', () => {
    expect(meant('n')).toEqual(['n/a', 'n/dist/kept']);
    expect(meant('')).toEqual(['n/a', 'n/dist/kept', 'other/x']);
  });

  it('is what was left out, when that is named, or something in it', () => {
    expect(meant('n/private')).toEqual(['n/private/deep/x', 'n/private/x']);
    expect(meant('n/private/deep')).toEqual(['n/private/deep/x']);
    expect(meant('n/private/x')).toEqual(['n/private/x']);
    expect(meant('n/dist')).toEqual(['n/dist/kept', 'n/dist/x']);
    expect(meant('n/dist/x')).toEqual(['n/dist/x']);
  });
});
