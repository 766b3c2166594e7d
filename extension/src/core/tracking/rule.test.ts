import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInside } from '../paths';
import * as rules from './rule';
import { ruleFor, type Rule } from './rule';

const none: ReadonlyMap<string, Rule> = new Map();

function track(before: ReadonlyMap<string, Rule>, ...rest: Rest<typeof rules.track>): Map<string, Rule> {
  const after = new Map(before);
  rules.track(after, ...rest);
  return after;
}

function untrack(before: ReadonlyMap<string, Rule>, ...rest: Rest<typeof rules.untrack>): Map<string, Rule> {
  const after = new Map(before);
  rules.untrack(after, ...rest);
  return after;
}

type Rest<F extends (first: Map<string, Rule>, ...rest: never[]) => void> =
  Parameters<F> extends [unknown, ...infer R] ? R : never;

function shown(rules: ReadonlyMap<string, Rule>): string[] {
  return [...rules.values()].map((rule) => `${rule.effect} ${rule.kind} ${rule.path}`).sort();
}

describe('track', () => {
  it('adds a rule for a file or a folder', () => {
    expect(shown(track(track(none, 'src', 'folder'), 'a.txt', 'file'))).toEqual([
      'track file a.txt',
      'track folder src',
    ]);
  });

  it('adds no rule for a path in a tracked folder', () => {
    const rules = track(none, 'src', 'folder');
    expect(shown(track(rules, 'src/deep/a.txt', 'file'))).toEqual(['track folder src']);
    expect(shown(track(track(none, '', 'folder'), 'a.txt', 'file'))).toEqual(['track folder ']);
  });

  it('keeps a rule for a path that the patterns exclude', () => {
    const isExcluded = (path: string): boolean => path.includes('node_modules');
    const rules = track(track(none, 'src', 'folder'), 'src/node_modules', 'folder', isExcluded);
    expect(shown(rules)).toEqual(['track folder src', 'track folder src/node_modules']);
    expect(shown(track(rules, '', 'folder', isExcluded))).toEqual(['track folder ', 'track folder src/node_modules']);
  });

  it('tracks untracked paths in a folder again, and removes redundant rules', () => {
    let rules = track(track(none, 'src/deep', 'folder'), 'src/a', 'file');
    rules = untrack(rules, 'src/deep/b');
    expect(shown(track(rules, 'src', 'folder'))).toEqual(['track folder src']);
  });

  it('tracks an untracked path again', () => {
    const rules = untrack(track(none, 'src', 'folder'), 'src/a', 'file');
    expect(shown(track(rules, 'src/a', 'file'))).toEqual(['track folder src']);
  });

  it('does not affect a folder with the same prefix', () => {
    expect(shown(track(track(none, 'src2', 'folder'), 'src', 'folder'))).toHaveLength(2);
  });
});

describe('untrack', () => {
  it('removes the rule of a path with its own rule, and all rules below it', () => {
    const rules = track(track(none, 'src', 'folder'), 'lib/a', 'file');
    expect(shown(untrack(rules, 'src'))).toEqual(['track file lib/a']);
    expect(shown(untrack(rules, 'lib'))).toEqual(['track folder src']);
  });

  it('adds a rule for a path in a tracked folder', () => {
    const rules = untrack(track(none, 'src', 'folder'), 'src/a', 'file');
    expect(shown(rules)).toEqual(['track folder src', 'untrack file src/a']);
    expect(shown(untrack(rules, 'src'))).toEqual([]);
  });

  it('adds no rule for a path that is not tracked', () => {
    expect(shown(untrack(none, 'src'))).toEqual([]);
  });
});

describe('rules, after arbitrary steps', () => {
  const path = fc.array(fc.constantFrom('a', 'b'), { minLength: 0, maxLength: 4 }).map((names) => names.join('/'));
  const steps = fc.array(fc.tuple(fc.constantFrom('track', 'untrack'), path), { maxLength: 10 });

  it('decide as the last step for the path or a folder above it', () => {
    fc.assert(
      fc.property(steps, path, (steps, queried) => {
        let rules = new Map<string, Rule>();
        let expected = 'untrack';
        for (const [step, path] of steps) {
          rules = step === 'track' ? track(rules, path, 'folder') : untrack(rules, path);
          if (queried === path || isInside(queried, path)) expected = step;
        }
        expect(ruleFor(rules, queried)?.effect ?? 'untrack').toBe(expected);
      }),
    );
  });

  it('are restored after an untrack', () => {
    fc.assert(
      fc.property(steps, fc.array(path, { minLength: 1, maxLength: 3 }), (steps, paths) => {
        let before = new Map<string, Rule>();
        for (const [step, path] of steps) {
          before = step === 'track' ? track(before, path, 'folder') : untrack(before, path);
        }
        const after = paths.reduce((known, path) => untrack(known, path), before);
        rules.restoreRules(after, paths, rules.rulesIn(before, paths));
        expect(after).toEqual(before);
      }),
    );
  });

  it('are all needed: none has the effect that its path would have without it', () => {
    fc.assert(
      fc.property(steps, (steps) => {
        let rules = new Map<string, Rule>();
        for (const [step, path] of steps) {
          rules = step === 'track' ? track(rules, path, 'folder') : untrack(rules, path);
        }
        for (const rule of rules.values()) {
          const others = new Map([...rules].filter(([path]) => path !== rule.path));
          expect(ruleFor(others, rule.path)?.effect ?? 'untrack').not.toBe(rule.effect);
        }
      }),
    );
  });
});
