import { expect, it } from 'vitest';
import { deletedRulePaths } from './deletedRulePaths';
import { track, type Rule } from './rule';

it('deletions count for the outermost paths with a rule of their own, and not for renamed or untracked ones', () => {
  const rules = new Map<string, Rule>();
  track(rules, 'file', 'file');
  track(rules, 'other', 'file');
  track(rules, 'n/d', 'folder');
  rules.set('n/d/inner', { path: 'n/d/inner', kind: 'folder', effect: 'track' });
  rules.set('old', { path: 'old', kind: 'file', effect: 'track', renamedTo: 'new' });
  const deleted = ['file', 'n/d/a', 'n/d/inner/b', 'old', 'untracked'];
  expect(deletedRulePaths(rules, deleted, (path) => path === 'new')).toEqual(['file', 'n/d']);
  expect(deletedRulePaths(rules, deleted, () => false)).toEqual(['file', 'n/d', 'old']);
  rules.set('new', { path: 'new', kind: 'file', effect: 'track', renamedTo: 'newer' });
  expect(deletedRulePaths(rules, ['old'], (path) => path === 'newer')).toEqual([]);
  expect(deletedRulePaths(rules, [], () => false)).toEqual([]);
});

it('no deletion counts as one of the workspace folder', () => {
  const rules = new Map<string, Rule>();
  track(rules, '', 'folder');
  expect(deletedRulePaths(rules, ['a', 'n/b'], () => false)).toEqual([]);
});
