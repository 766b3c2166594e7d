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

  it('adds nothing for what a tracked folder takes in already', () => {
    const rules = track(none, 'src', 'folder');
    expect(shown(track(rules, 'src/deep/a.txt', 'file'))).toEqual(['track folder src']);
    expect(shown(track(track(none, '', 'folder'), 'a.txt', 'file'))).toEqual(['track folder ']);
  });

  it('keeps a rule for what the patterns would leave out', () => {
    const isExcluded = (path: string): boolean => path.includes('node_modules');
    const rules = track(track(none, 'src', 'folder'), 'src/node_modules', 'folder', isExcluded);
    expect(shown(rules)).toEqual(['track folder src', 'track folder src/node_modules']);
    expect(shown(track(rules, '', 'folder', isExcluded))).toEqual(['track folder ', 'track folder src/node_modules']);
  });

  it('takes back what was left in a folder, and drops rules that the folder makes idle', () => {
    let rules = track(track(none, 'src/deep', 'folder'), 'src/a', 'file');
    rules = untrack(rules, 'src/deep/b');
    expect(shown(track(rules, 'src', 'folder'))).toEqual(['track folder src']);
  });

  it('takes back a path that was left', () => {
    const rules = untrack(track(none, 'src', 'folder'), 'src/a', 'file');
    expect(shown(track(rules, 'src/a', 'file'))).toEqual(['track folder src']);
  });

  it('does not touch a folder whose name only begins alike', () => {
    expect(shown(track(track(none, 'src2', 'folder'), 'src', 'folder'))).toHaveLength(2);
  });
});

describe('untrack', () => {
  it('drops the rule of what was tracked by itself, with all rules below it', () => {
    const rules = track(track(none, 'src', 'folder'), 'lib/a', 'file');
    expect(shown(untrack(rules, 'src'))).toEqual(['track file lib/a']);
    expect(shown(untrack(rules, 'lib'))).toEqual(['track folder src']);
  });

  it('adds a rule where a folder above takes the path in', () => {
    const rules = untrack(track(none, 'src', 'folder'), 'src/a', 'file');
    expect(shown(rules)).toEqual(['track folder src', 'untrack file src/a']);
    expect(shown(untrack(rules, 'src'))).toEqual([]);
  });

  it('adds nothing for what is not tracked', () => {
    expect(shown(untrack(none, 'src'))).toEqual([]);
  });
});

describe('rules, in any order', () => {
  const path = fc.array(fc.constantFrom('a', 'b'), { minLength: 0, maxLength: 4 }).map((names) => names.join('/'));
  const steps = fc.array(fc.tuple(fc.constantFrom('track', 'untrack'), path), { maxLength: 10 });

  it('decide each path by the last step that was about it or a folder above it', () => {
    fc.assert(
      fc.property(steps, path, (steps, asked) => {
        let rules = new Map<string, Rule>();
        let expected = 'untrack';
        for (const [step, path] of steps) {
          rules = step === 'track' ? track(rules, path, 'folder') : untrack(rules, path);
          if (asked === path || isInside(asked, path)) expected = step;
        }
        expect(ruleFor(rules, asked)?.effect ?? 'untrack').toBe(expected);
      }),
    );
  });

  it('are as they were when what ended them is taken back', () => {
    fc.assert(
      fc.property(steps, fc.array(path, { minLength: 1, maxLength: 3 }), (steps, left) => {
        let before = new Map<string, Rule>();
        for (const [step, path] of steps) {
          before = step === 'track' ? track(before, path, 'folder') : untrack(before, path);
        }
        const after = left.reduce((known, path) => untrack(known, path), before);
        rules.restoreRules(after, left, rules.rulesIn(before, left));
        expect(after).toEqual(before);
      }),
    );
  });

  it('never hold one that says what the next above says', () => {
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
