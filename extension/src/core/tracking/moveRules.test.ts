import { describe, expect, it } from 'vitest';
import { isInside } from '../paths';
import { formerPath, lapsedRules, moveRulesIn, moveRulesOut } from './moveRules';
import { ruleFor, track, untrack, type Rule } from './rule';

/** Rules from a short form: `docs/` is a folder, and a leading `-` untracks. */
function rulesOf(...shorts: readonly string[]): Map<string, Rule> {
  const rules = new Map<string, Rule>();
  for (const short of shorts) {
    const path = short.replace(/^-/, '').replace(/\/$/, '');
    const kind = short.endsWith('/') ? 'folder' : 'file';
    if (short.startsWith('-')) untrack(rules, path, kind);
    else track(rules, path, kind);
  }
  return rules;
}

/** The rules in the short form; a renamed one as `old => new`. */
function shown(rules: ReadonlyMap<string, Rule>): string[] {
  const lines = [...rules.values()].map(({ path, kind, effect, renamedTo }) => {
    const short = `${effect === 'untrack' ? '-' : ''}${path}${kind === 'folder' ? '/' : ''}`;
    return renamedTo === undefined ? short : `${short} => ${renamedTo}`;
  });
  return lines.sort();
}

const never = (): boolean => false;

/** Renames `from` to `to`, which end in `/` for a folder. */
function rename(
  rules: Map<string, Rule>,
  from: string,
  to: string,
  isExcluded: (path: string) => boolean = never,
): void {
  const kind = from.endsWith('/') ? 'folder' : 'file';
  const [source, target] = [from.replace(/\/$/, ''), to.replace(/\/$/, '')];
  const isTracked = ruleFor(rules, source)?.effect === 'track';
  moveRulesIn(rules, target, moveRulesOut(rules, { from: source, to: target, kind }, isTracked), isExcluded);
}

describe('a rule follows a rename of', () => {
  it.each<[string, readonly string[], from: string, to: string, after: readonly string[]]>([
    ['a file', ['a', 'b'], 'a', 'c', ['a => c', 'b', 'c']],
    ['a folder', ['n/'], 'n/', 'm/', ['m/', 'n/ => m']],
    ['a folder with untracked paths', ['n/', '-n/x'], 'n/', 'm/', ['-m/x', '-n/x => m/x', 'm/', 'n/ => m']],
    [
      'an untracked folder that contains tracked files',
      ['n/a', 'n/b'],
      'n/',
      'm/',
      ['m/a', 'm/b', 'n/a => m/a', 'n/b => m/b'],
    ],
    ['the case of a name', ['Notes/'], 'Notes/', 'notes/', ['Notes/ => notes', 'notes/']],
    ['a file in a tracked folder, to a place outside', ['n/'], 'n/a', 'a', ['a', 'n/']],
    ['a file in a tracked folder, to another one', ['m/', 'n/'], 'n/a', 'm/a', ['m/', 'n/']],
    ['a file into a tracked folder', ['a', 'n/'], 'a', 'n/a', ['a => n/a', 'n/']],
    [
      'a folder in a tracked folder, to a place outside',
      ['n/', '-n/d/x'],
      'n/d/',
      'd/',
      ['-d/x', '-n/d/x => d/x', 'd/', 'n/'],
    ],
    ['a tracked file into an untracked folder', ['n/', '-n/x/'], 'n/a', 'n/x/a', ['-n/x/', 'n/', 'n/x/a']],
    ['an untracked file', ['n/', '-n/x'], 'n/x', 'n/y', ['-n/x => n/y', '-n/y', 'n/']],
    ['an untracked file, to a place outside', ['n/', '-n/x'], 'n/x', 'x', ['-n/x => x', 'n/']],
    ['a tracked file onto another one', ['a', 'b'], 'a', 'b', ['a => b', 'b']],
    ['nothing that is tracked', ['a'], 'x', 'y', ['a']],
  ])('%s', (_, before, from, to, after) => {
    const rules = rulesOf(...before);
    rename(rules, from, to);
    expect(shown(rules)).toEqual([...after].sort());
  });

  it('a path that is renamed back, as if it had kept its name', () => {
    const rules = rulesOf('n/', '-n/x');
    rename(rules, 'n/', 'm/');
    rename(rules, 'm/', 'n/');
    expect(shown(rules)).toEqual(['-m/x => n/x', '-n/x', 'm/ => n', 'n/']);
  });

  it('a path that was tracked again in between, without its earlier exception', () => {
    const rules = rulesOf('n/', '-n/x');
    rename(rules, 'n/', 'm/');
    track(rules, 'm/x', 'file');
    rename(rules, 'm/', 'n/');
    expect(shown(rules)).toEqual(['m/ => n', 'n/']);
  });

  it('a path with a rule of its own to an excluded name, and no other', () => {
    const isExcluded = (path: string): boolean => path.endsWith('.tmp');
    const rules = rulesOf('a', 'n/');
    rename(rules, 'a', 'a.tmp', isExcluded);
    rename(rules, 'n/b', 'n/b.tmp', isExcluded);
    rename(rules, 'n/c', 'c.tmp', isExcluded);
    expect(shown(rules)).toEqual(['a => a.tmp', 'a.tmp', 'n/']);
  });
});

it('a renamed rule stays in force, and lapses when neither side has its path', () => {
  const rules = rulesOf('n/', 'a');
  rename(rules, 'n/', 'm/');
  const paths = ['n/deep/file', 'a'];
  const hasPath = (path: string): boolean => paths.some((other) => other === path || isInside(other, path));
  expect(ruleFor(rules, 'n/deep/file')?.effect).toBe('track');
  expect(lapsedRules(rules.values(), hasPath)).toEqual([]);
  paths.length = 0;
  expect(lapsedRules(rules.values(), hasPath).map(({ path }) => path)).toEqual(['n']);
});

it('the path before two renames is known although the rule in between has lapsed', () => {
  const rules = rulesOf('n/', 'a');
  for (const [from, to] of [
    ['a', 'b'],
    ['b', 'c'],
    ['n/', 'm/'],
    ['m/', 'p/'],
  ] as const)
    rename(rules, from, to);
  for (const { path } of lapsedRules(rules.values(), (path) => ['a', 'n'].includes(path))) rules.delete(path);
  expect(['c', 'p/deep/file'].map((path) => formerPath(rules.values(), path))).toEqual(['a', 'n/deep/file']);
});

it('the earlier path of a renamed file is known from its rule, or from that of a folder above', () => {
  const rules = rulesOf('n/', 'a');
  rename(rules, 'n/', 'm/');
  rename(rules, 'a', 'b');
  const former = (path: string) => formerPath(rules.values(), path);
  expect(['m/deep/file', 'b', 'm2', 'other'].map(former)).toEqual(['n/deep/file', 'a', undefined, undefined]);
});
