import { describe, expect, it } from 'vitest';
import type { Rule } from '../../core/tracking/rule';
import { StoredMap } from '../../io/entries/storedMap';
import { TrackingRules } from './trackingRules';

function rulesWith(gitignores: Record<string, string> = {}): TrackingRules {
  return new TrackingRules({
    rules: new StoredMap<Rule>(),
    settings: () => ({ exclude: ['dist'], respectGitignore: true }),
    gitignores: new Map(Object.entries(gitignores)),
    shared: () => undefined,
    ownFolders: new Set(),
  });
}

/** Each rule as `effect kind path`. */
function listed({ all }: TrackingRules): string[] {
  return [...all.values()].map(({ path, kind, effect }) => `${effect} ${kind} ${path}`).sort();
}

const notOnServer = (): boolean => false;
const onServer = (): boolean => true;

describe('tracking rules', () => {
  it('keep a rule for an untracked path that the server has, so that no pull tracks it again', () => {
    const rules = rulesWith();
    rules.track('a', 'file');
    rules.track('b', 'file');
    rules.untrack('a', notOnServer);
    rules.untrack('b', onServer);
    expect(listed(rules)).toEqual(['untrack folder b']);
    expect([rules.untrackedPaths, rules.trackedFolders]).toEqual([['b'], []]);
  });

  it('keep a rule for an untracked folder, whose files may come to the server later', () => {
    const rules = rulesWith();
    rules.track('n', 'folder');
    rules.untrack('n', notOnServer);
    expect(listed(rules)).toEqual(['untrack folder n']);
  });

  it('get no rule for a written file that they already track', () => {
    const rules = rulesWith();
    rules.track('n', 'folder');
    rules.ensureTracked('n/a');
    expect(listed(rules)).toEqual(['track folder n']);
    rules.ensureTracked('n/dist/a');
    expect(listed(rules)).toEqual(['track file n/dist/a', 'track folder n']);
  });

  it('keep a rule for an untracked file of the shared rules, which would be tracked otherwise', () => {
    const rules = rulesWith();
    rules.track('a', 'folder');
    rules.untrack('.palmtreeignore', notOnServer);
    expect(rules.selection().includes('.palmtreeignore')).toBe(false);
    expect(rules.selection().includes('.palmtree.json')).toBe(true);
    rules.track('.palmtreeignore', 'file');
    expect(rules.selection().includes('.palmtreeignore')).toBe(true);
  });

  it('select by the .gitignore files that the scans found', () => {
    const rules = rulesWith({ n: 'secret' });
    rules.track('n', 'folder');
    expect(['n/a', 'n/secret'].map((path) => rules.selection().includes(path))).toEqual([true, false]);
  });

  it('drop the rules that were added since they were copied', () => {
    const rules = rulesWith();
    rules.track('a', 'file');
    const before = new Map(rules.all);
    expect(rules.removeAddedSince(before)).toBe(false);
    rules.addRule('b', 'file');
    expect(rules.removeAddedSince(before)).toBe(true);
    expect(listed(rules)).toEqual(['track file a']);
  });
});
