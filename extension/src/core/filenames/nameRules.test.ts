import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { table } from '../testing/fixtures';
import { nameKey, nameProblems, caseRenames, dropUnrepresentableNames, type NameRules } from './nameRules';
import { reconcile } from '../reconcile/reconcile';

const linux: NameRules = { foldsCase: false, normalises: false, windows: false };
const mac: NameRules = { foldsCase: true, normalises: true, windows: false };
const windows: NameRules = { foldsCase: true, normalises: false, windows: true };

const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301'];

function reasons(
  paths: readonly string[],
  rules: NameRules,
  keeps?: (path: string) => boolean,
): Record<string, string> {
  return Object.fromEntries([...nameProblems(paths, rules, keeps)].map(([path, { reason }]) => [path, reason]));
}

describe('nameProblems', () => {
  it('finds none where every name is one of its own', () => {
    expect(reasons(['a', 'A', 'CON', 'a:b', 'a.', composed, decomposed], linux)).toEqual({});
  });

  it.each(
    ['CON', 'nul', 'Aux.txt', 'prn.tar.gz', 'com1', 'LPT9.md', 'COM¹', 'NUL .txt', 'conin$', 'CONOUT$'].concat([
      'a.',
      'a ',
      '...',
      'a:b',
      'a<b',
      'a>',
      '"',
      'a|b',
      'a?',
      '*',
      'a\nb',
      '\u0001',
      'a\\b',
    ]),
  )('knows that %j cannot stand on Windows', (name) => {
    const reason = expect.stringMatching(/^windows-/);
    expect(reasons([name, `d/${name}`, 'ok'], windows)).toEqual({ [name]: reason, [`d/${name}`]: reason });
    expect(reasons([name], mac)).toEqual({});
  });

  it.each(['console', 'com10', 'com', 'lpt', 'auxiliary.md', '.con', 'a.con', '.a', 'a b.c', 'é', 'nul-1', 'a\u007f'])(
    'knows that %j can stand on Windows',
    (name) => {
      expect(reasons([name, `d/${name}/e`], windows)).toEqual({});
    },
  );

  it('tells a folder’s name once, for the folder', () => {
    expect(reasons(['src/aux/a', 'src/aux/b/c', 'src/ok'], windows)).toEqual({ 'src/aux': 'windows-device' });
    expect(reasons(['Src/a', 'src/b', 'src/c/d', 'x'], mac)).toEqual({ src: 'same-but-case' });
  });

  it('leaves its place to the first of names that differ in case only', () => {
    expect(reasons(['a.md', 'A.md', 'b/a.md'], mac)).toEqual({ 'a.md': 'same-but-case' });
    expect(reasons(['b.md', 'B.md', 'B.MD'], windows)).toEqual({ 'B.md': 'same-but-case', 'b.md': 'same-but-case' });
  });

  it('leaves its place to the one that stands already', () => {
    expect(reasons(['A.md', 'a.md'], mac, (path) => path === 'a.md')).toEqual({ 'A.md': 'same-but-case' });
    expect(reasons(['Src/a', 'src/b'], mac, (path) => path === 'src/b')).toEqual({ Src: 'same-but-case' });
  });

  it('finds a folder that another name’s file stands for', () => {
    expect(reasons(['A', 'a/b', 'a/c'], mac)).toEqual({ a: 'same-but-case' });
    expect(reasons(['A/b', 'a'], mac)).toEqual({ a: 'same-but-case' });
  });

  it('finds accents that are encoded in two ways, where the disk minds', () => {
    expect(reasons([composed, decomposed], mac)).toEqual({ [composed]: 'same-but-accents' });
    expect(reasons([composed, decomposed], windows)).toEqual({});
    expect(reasons([composed, decomposed.toUpperCase()], mac)).toEqual({ [composed]: 'same-but-case' });
  });

  it('names the other path or the character', () => {
    const problemsOf = (paths: string[], rules: NameRules) => [...nameProblems(paths, rules).values()];
    expect(problemsOf(['A.md', 'a.md'], mac)).toEqual([{ path: 'a.md', reason: 'same-but-case', with: 'A.md' }]);
    expect(problemsOf([composed, decomposed], mac)).toMatchObject([{ reason: 'same-but-accents' }]);
    expect(problemsOf(['a:b', 'CON', 'a.'], windows)).toEqual([
      { path: 'CON', reason: 'windows-device' },
      { path: 'a.', reason: 'windows-ending' },
      { path: 'a:b', reason: 'windows-character', with: ':' },
    ]);
  });

  it('leaves paths that the disk can tell apart, and loses none of which it cannot', () => {
    const name = fc.constantFrom('a', 'A', 'b', 'ß', 'SS', 'σ', 'ς', 'é', 'e\u0301', 'É');
    const paths = fc.uniqueArray(
      fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/')),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(paths, paths, fc.constantFrom(mac, windows, { ...mac, normalises: false }), (paths, kept, rules) => {
        const problems = nameProblems(paths, rules, (path) => kept.includes(path));
        const isHeld = (path: string): boolean =>
          [...problems.keys()].some((at) => path === at || path.startsWith(`${at}/`));
        const spellings = new Map<string, string>();
        for (const path of paths.filter((path) => !isHeld(path))) {
          for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
            const place = path.slice(0, end);
            const key = nameKey(place, rules);
            expect(spellings.get(key) ?? place).toBe(place);
            spellings.set(key, place);
          }
        }
        for (const at of problems.keys()) expect(spellings.has(nameKey(at, rules))).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is quick for 100,000 paths', () => {
    const paths = Array.from({ length: 100_000 }, (_, i) => `d${i % 100}/é${i % 1000}/f${i}`);
    const start = performance.now();
    expect(nameProblems(paths, { ...mac, windows: true }).size).toBe(0);
    expect(performance.now() - start).toBeLessThan(3_000);
  });
});

describe('withStandingNames', () => {
  type Short = Readonly<Record<string, string>>;

  function held(
    ancestor: Short,
    local: Short,
    remote: Short,
    rules: NameRules,
  ): { pull: string[]; problems: string[] } {
    const plan = reconcile(table(ancestor), table(local), table(remote));
    const found = dropUnrepresentableNames(plan, table(local), rules);
    expect({ ...found.plan, localChanges: [] }).toEqual({ ...plan, localChanges: [] });
    return { pull: found.plan.localChanges.map(({ path }) => path), problems: [...found.problems.keys()] };
  }

  it('takes a rename in case only for what it is', () => {
    expect(held({ 'a.md': '1' }, { 'a.md': '1' }, { 'A.md': '1' }, mac)).toEqual({
      pull: ['A.md', 'a.md'],
      problems: [],
    });
    expect(held({ 'd/a': '1' }, { 'd/a': '1' }, { 'D/a': '1' }, mac)).toEqual({ pull: ['D/a', 'd/a'], problems: [] });
  });

  it('holds back what clashes with what stands on the disk', () => {
    expect(held({}, { 'a.md': '1' }, { 'A.md': '2', b: '1' }, mac)).toEqual({ pull: ['b'], problems: ['A.md'] });
    expect(held({}, { 'a.md': '1' }, { 'A.md': '2', b: '1' }, linux)).toEqual({ pull: ['A.md', 'b'], problems: [] });
  });

  it('holds back one of two that come together', () => {
    expect(held({}, {}, { 'A.md': '1', 'a.md': '2' }, mac)).toEqual({ pull: ['A.md'], problems: ['a.md'] });
  });

  it('holds back all that is in a folder that cannot stand', () => {
    expect(held({}, {}, { 'con/a': '1', 'con/b': '2', c: '3' }, windows)).toEqual({ pull: ['c'], problems: ['con'] });
  });

  it('holds back a rename in case only of a file that conflicts', () => {
    expect(held({ 'a.md': '1' }, { 'a.md': '2' }, { 'A.md': '1' }, mac)).toEqual({ pull: [], problems: ['A.md'] });
  });

  it('deletes nothing under its old spelling that it does not put under the new one', () => {
    const [before, here] = [
      { 'd/a': '1', 'd/b': '2' },
      { 'd/a': '1', 'd/b': '3' },
    ];
    expect(held(before, here, { 'D/a': '1', 'D/b': '2' }, mac)).toEqual({ pull: [], problems: ['D'] });
    expect(held({ 'a.md': '1' }, { 'a.md': '1' }, { 'A.MD': '1', 'A.md': '2' }, mac)).toEqual({
      pull: ['A.MD', 'a.md'],
      problems: ['A.md'],
    });
  });

  it('holds back what clashes with what stands beside and takes no part', () => {
    const plan = reconcile(table({}), table({}), table({ 'D/a': '1', b: '2' }));
    const { held, problems } = dropUnrepresentableNames(plan, table({}), mac, ['d/unreadable']);
    expect([...held]).toEqual(['D/a']);
    expect([...problems.keys()]).toEqual(['D']);
  });

  it('does not mind what stands already', () => {
    expect(held({ 'a.': '1' }, { 'a.': '1' }, { 'a.': '2' }, windows)).toEqual({ pull: ['a.'], problems: [] });
  });
});

describe('respellings', () => {
  it('tells files that only get another spelling', () => {
    const before = table({ 'd/a.md': '1', [decomposed]: '2', x: '3' });
    const after = table({ 'D/A.md': '9', [composed]: '2', y: '3' });
    const { localChanges } = reconcile(before, before, after);
    expect(caseRenames(localChanges, mac)).toEqual([
      { from: 'd/a.md', to: 'D/A.md' },
      { from: decomposed, to: composed },
    ]);
    expect(caseRenames(localChanges, linux)).toEqual([]);
  });
});
