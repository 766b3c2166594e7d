import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuTimeMs } from '../testing/cpuTime';
import { linux, mac, windows } from '../testing/fixtures';
import { nameProblems } from './nameProblems';
import { nameKey, type NameRules } from './nameRules';

const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301'];

function reasons(
  paths: readonly string[],
  rules: NameRules,
  exists?: (path: string) => boolean,
): Record<string, string> {
  return Object.fromEntries([...nameProblems(paths, rules, exists)].map(([path, { reason }]) => [path, reason]));
}

describe('nameProblems', () => {
  it('finds no problems on a disk that keeps all names apart', () => {
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
  )('rejects %j on Windows', (name) => {
    const reason = expect.stringMatching(/^windows-/);
    expect(reasons([name, `d/${name}`, 'ok'], windows)).toEqual({ [name]: reason, [`d/${name}`]: reason });
    expect(reasons([name], mac)).toEqual({});
  });

  it.each(['console', 'com10', 'com', 'lpt', 'auxiliary.md', '.con', 'a.con', '.a', 'a b.c', 'é', 'nul-1', 'a\u007f'])(
    'accepts %j on Windows',
    (name) => {
      expect(reasons([name, `d/${name}/e`], windows)).toEqual({});
    },
  );

  it('reports a folder’s name once, for the folder', () => {
    expect(reasons(['src/aux/a', 'src/aux/b/c', 'src/ok'], windows)).toEqual({ 'src/aux': 'windows-device' });
    expect(reasons(['Src/a', 'src/b', 'src/c/d', 'x'], mac)).toEqual({ src: 'same-but-case' });
  });

  it('lets the first of names that differ only in case win', () => {
    expect(reasons(['a.md', 'A.md', 'b/a.md'], mac)).toEqual({ 'a.md': 'same-but-case' });
    expect(reasons(['b.md', 'B.md', 'B.MD'], windows)).toEqual({ 'B.md': 'same-but-case', 'b.md': 'same-but-case' });
  });

  it('lets a name that exists on the disk win', () => {
    expect(reasons(['A.md', 'a.md'], mac, (path) => path === 'a.md')).toEqual({ 'A.md': 'same-but-case' });
    expect(reasons(['Src/a', 'src/b'], mac, (path) => path === 'src/b')).toEqual({ Src: 'same-but-case' });
  });

  it('finds a folder whose name equals that of a file', () => {
    expect(reasons(['A', 'a/b', 'a/c'], mac)).toEqual({ a: 'same-but-case' });
    expect(reasons(['A/b', 'a'], mac)).toEqual({ a: 'same-but-case' });
  });

  it('finds accents in two encodings, on a disk that treats them as equal', () => {
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

  it('leaves only distinct names, and reports only names that equal one of those', () => {
    const segment = fc.constantFrom('a', 'A', 'b', 'ß', 'SS', 'σ', 'ς', 'é', 'e\u0301', 'É');
    const paths = fc.uniqueArray(
      fc.array(segment, { minLength: 1, maxLength: 3 }).map((names) => names.join('/')),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(
        paths,
        paths,
        fc.constantFrom(mac, windows, { ...mac, normalizes: false }),
        (paths, existing, rules) => {
          const problems = nameProblems(paths, rules, (path) => existing.includes(path));
          const hasProblem = (path: string): boolean =>
            [...problems.keys()].some((at) => path === at || path.startsWith(`${at}/`));
          const spellings = new Map<string, string>();
          for (const path of paths.filter((path) => !hasProblem(path))) {
            for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
              const name = path.slice(0, end);
              const key = nameKey(name, rules);
              expect(spellings.get(key) ?? name).toBe(name);
              spellings.set(key, name);
            }
          }
          for (const at of problems.keys()) expect(spellings.has(nameKey(at, rules))).toBe(true);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('is fast for 100,000 paths', () => {
    const paths = Array.from({ length: 100_000 }, (_, i) => `d${i % 100}/é${i % 1000}/f${i}`);
    const start = cpuTimeMs();
    expect(nameProblems(paths, { ...mac, windows: true }).size).toBe(0);
    expect(cpuTimeMs() - start).toBeLessThan(3_000);
  });
});
