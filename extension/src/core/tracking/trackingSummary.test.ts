import { describe, expect, it } from 'vitest';
import type { Rule } from './rule';
import { trackingSummary } from './trackingSummary';

function rulesOf(...rules: Rule[]): Map<string, Rule> {
  return new Map(rules.map((rule) => [rule.path, rule]));
}

describe('trackingSummary', () => {
  it('returns the folders above a tracked file, and the file with its own rule', () => {
    const { paths, folders } = trackingSummary(
      ['a/b/c.md'],
      rulesOf({ path: 'a/b/c.md', kind: 'file', effect: 'track' }),
    );
    expect([...paths].sort()).toEqual(['a', 'a/b', 'a/b/c.md']);
    expect([...folders]).toEqual([]);
  });

  it('returns tracked folders and untracked paths', () => {
    const rules = rulesOf(
      { path: 'n', kind: 'folder', effect: 'track' },
      { path: 'n/out', kind: 'folder', effect: 'untrack' },
      { path: 'n/out/in.md', kind: 'file', effect: 'track' },
    );
    const { paths, folders, untracked } = trackingSummary(['n/a.md', 'n/deep/b.md', 'n/out/in.md'], rules);
    expect([...folders].sort()).toEqual(['n', 'n/deep']);
    expect([...paths].sort()).toEqual(['n', 'n/deep', 'n/out', 'n/out/in.md']);
    expect([...untracked]).toEqual(['n/out']);
  });

  it('returns a file of the shared rules, which no rule names', () => {
    const rules = rulesOf({ path: 'n', kind: 'folder', effect: 'track' });
    expect([...trackingSummary(['n/a', '.palmtreeignore'], rules).paths].sort()).toEqual(['.palmtreeignore', 'n']);
  });

  it('returns the workspace folder, and is small for many files', () => {
    const files = Array.from({ length: 100_000 }, (_, at) => `d${at % 100}/f${at}`);
    const { paths, folders } = trackingSummary(files, rulesOf({ path: '', kind: 'folder', effect: 'track' }));
    expect(paths.size).toBe(101);
    expect(folders.size).toBe(101);
  });
});
