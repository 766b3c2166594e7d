import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import ignore from 'ignore';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cpuTimeMs } from '../../testing/cpuTime';
import { PatternList } from './patternList';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'palmtree-patterns-'));
  execFileSync('git', ['init', '-q', folder]);
  execFileSync('git', ['-C', folder, 'config', 'core.ignoreCase', 'false']);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const textOf = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((texts) => texts.join(''));

const wildcard = fc.constantFrom(
  ...['*', '*', '?', '[ab]', '[!a]', '[^b]', '[a-c]', '[]a]', '[]-a]', '[a-]', '[\\]a]', '[[:alpha:]]', '[[:digit:]_]'],
  ...['[c-a]', '[!]a]', '[[:x:]]', '[a', '[', '[[:a]', '\\*', '\\a', '\\?', '\\[', '[[:space:][:upper:]]', '[a/b]'],
);
const letter = fc.constantFrom('a', 'b', 'a', 'B', '.', ' ', '#', '!', ']', '-', 'é');
const segment = fc.oneof(
  { weight: 3, arbitrary: textOf(letter) },
  {
    weight: 3,
    arbitrary: fc.array(fc.oneof(letter, letter, wildcard), { minLength: 1, maxLength: 5 }).map((all) => all.join('')),
  },
  { weight: 2, arbitrary: fc.constantFrom('**', '**', '***', '*') },
);
const line = textOf(
  fc.constantFrom('', '', '!', '/', '!/', '**/', '#', '\\!', '\\#'),
  fc.array(segment, { minLength: 1, maxLength: 5 }).map((segments) => segments.join('/')),
  fc.constantFrom('', '', '/', '/**', '/*', ' ', '\\ ', '//', '\\'),
);
const lines = fc.array(line, { minLength: 1, maxLength: 5 });
const name = fc
  .array(fc.oneof(letter, fc.constantFrom('a', 'b', '*', '?', '[', '_', '1', 'A')), { minLength: 1, maxLength: 4 })
  .map((all) => all.join(''))
  .filter((text) => text !== '.' && text !== '..');
const path = fc.array(name, { minLength: 1, maxLength: 6 }).map((names) => names.join('/'));

/** Whether the patterns exclude `path` or a folder above it. */
function excludes(list: PatternList, path: string): boolean {
  const names = path.split('/');
  return names.some((_, at) => {
    const kind = at === names.length - 1 ? 'file' : 'folder';
    return list.verdict(names.slice(0, at + 1).join('/'), kind) === 'excluded';
  });
}

function excludedByGit(patterns: readonly string[], paths: readonly string[]): string[] {
  writeFileSync(join(folder, '.git/info/exclude'), patterns.map((one) => `${one}\n`).join(''));
  const args = ['-C', folder, 'check-ignore', '--no-index', '-z', '--stdin'];
  const { status, stdout, stderr } = spawnSync('git', args, { input: paths.join('\0'), encoding: 'utf8' });
  // 1: none is excluded.
  if (status !== 0 && status !== 1) throw new Error(stderr);
  return stdout.split('\0').slice(0, -1);
}

describe('a list of patterns', () => {
  it('excludes what the pattern library does', () => {
    let excluded = 0;
    fc.assert(
      fc.property(lines, fc.array(path, { minLength: 10, maxLength: 20 }), (patterns, paths) => {
        const [own, library] = [new PatternList(patterns), ignore({ ignorecase: false }).add(patterns)];
        const expected = paths.filter((one) => library.ignores(one));
        expect(paths.filter((one) => excludes(own, one))).toEqual(expected);
        excluded += expected.length;
      }),
      { numRuns: 1_000 },
    );
    expect(excluded).toBeGreaterThan(100);
  });

  it('excludes what git does', () => {
    // git's wildcards match single bytes.
    const isAscii = (text: string): boolean => !text.includes('é');
    fc.assert(
      fc.property(lines, fc.array(path.filter(isAscii), { minLength: 200, maxLength: 200 }), (patterns, paths) => {
        const own = new PatternList(patterns);
        const unique = [...new Set(paths)];
        expect(unique.filter((one) => excludes(own, one))).toEqual(excludedByGit(patterns, unique));
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    ['many folders of any depth', [`${'**/a/'.repeat(60)}b`], `${'a/'.repeat(199)}x`],
    ['folders of any depth, beside wildcards', [`${'**/*a*/'.repeat(60)}b`], `${'aa/'.repeat(199)}x`],
    ['many stars', [`${'*a'.repeat(100)}b`], 'a'.repeat(255)],
    ['many stars and classes', [`*${'[ab]*[!b]'.repeat(40)}c`], 'a'.repeat(255)],
    ['many question marks', [`*${'?'.repeat(120)}b*`, `**${'*a?'.repeat(60)}b`], 'a'.repeat(255)],
    ['many patterns', Array.from({ length: 4_000 }, (_, at) => `*a*b${at}`), `${'ab'.repeat(120)}c`],
    ['many patterns of several segments', Array.from({ length: 4_000 }, (_, at) => `**/a/*/b${at}`), 'a/'.repeat(199)],
  ])('takes no long time for %s', (_, patterns, path) => {
    const list = new PatternList(patterns);
    const start = cpuTimeMs();
    expect(excludes(list, path)).toBe(false);
    expect(cpuTimeMs() - start).toBeLessThan(1_000);
  });

  it('lets the last pattern that matches decide', () => {
    const list = new PatternList(['*.log', '!/keep.log', '/n/*.log', '!**/keep.log', 'b/']);
    const verdicts = ['a.log', 'keep.log', 'n/a.log', 'n/keep.log', 'b'].map((one) => list.verdict(one, 'file'));
    expect(verdicts).toEqual(['excluded', 'included', 'excluded', 'included', undefined]);
    expect(list.verdict('n/b', 'folder')).toBe('excluded');
  });
});
