import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuTimeMs } from '../testing/cpuTime';
import { temporaryName } from '../temporaryName';
import type { Rule } from './rule';
import { Selection } from './selection';

const uuid = '0f8fad5b-d9cb-469f-a165-70867728950e';

function folder(path: string, effect: Rule['effect'] = 'track'): Rule {
  return { path, kind: 'folder', effect };
}

function file(path: string, effect: Rule['effect'] = 'track'): Rule {
  return { path, kind: 'file', effect };
}

function select(
  rules: Rule[],
  exclude: string[] = ['.git', 'node_modules'],
  gitignores: Record<string, string> = {},
): Selection {
  return new Selection({ rules, exclude, gitignores: Object.entries(gitignores) });
}

function included(selection: Selection, paths: readonly string[]): string[] {
  return paths.filter((path) => selection.includes(path));
}

describe('Selection', () => {
  it('includes only paths that a rule tracks', () => {
    expect(included(select([folder('src')]), ['a', 'src2/a', 'src/a', 'src/b/c'])).toEqual(['src/a', 'src/b/c']);
  });

  it('lets the nearest rule decide', () => {
    const selection = select([folder('src'), folder('src/out', 'untrack'), file('src/out/keep')]);
    expect(included(selection, ['src/a', 'src/out/a', 'src/out/keep'])).toEqual(['src/a', 'src/out/keep']);
    expect(selection.ruleFor('src/out/x/y')?.path).toBe('src/out');
  });

  it('tracks the workspace folder itself', () => {
    const selection = select([folder('')]);
    expect(included(selection, ['a', 'b/c', '.git/config', 'b/node_modules/x'])).toEqual(['a', 'b/c']);
    expect(selection.mayTrackBelow('')).toBe(true);
  });

  it('does not include paths below a tracked file', () => {
    expect(included(select([file('a')]), ['a', 'a/b'])).toEqual(['a']);
  });

  it('excludes paths that the patterns match, at any depth, relative to the workspace folder', () => {
    const selection = select([folder('src')], ['*.log', '/src/only', '**/deep/**/tmp', '!keep.log']);
    expect(
      included(selection, ['src/a.log', 'src/keep.log', 'src/only/a', 'src/x/only/a', 'src/deep/a/tmp/b']),
    ).toEqual(['src/keep.log', 'src/x/only/a']);
  });

  it('does not apply a folder pattern to a file', () => {
    const selection = select([folder('src')], ['out/']);
    expect(selection.includes('src/out')).toBe(true);
    expect(selection.includes('src/out/a')).toBe(false);
    expect(selection.mayTrackBelow('src/out')).toBe(false);
  });

  it('matches patterns case-sensitively', () => {
    expect(included(select([folder('src')], ['*.LOG']), ['src/a.log', 'src/a.LOG'])).toEqual(['src/a.log']);
  });

  it('includes an excluded file or folder that has its own rule', () => {
    const selection = select([file('a.log'), folder('node_modules')], ['*.log', 'node_modules']);
    expect(
      included(selection, ['a.log', 'b.log', 'node_modules/x/y', 'node_modules/x/z.log', 'x/node_modules/a']),
    ).toEqual(['a.log', 'node_modules/x/y']);
  });

  it('matches patterns relative to an excluded folder that has its own rule', () => {
    const selection = select([folder('node_modules/x')]);
    expect(included(selection, ['node_modules/x/a', 'node_modules/x/node_modules/b', 'node_modules/y/a'])).toEqual([
      'node_modules/x/a',
    ]);
    const rooted = select([folder('out/app')], ['out', '/cache']);
    expect(included(rooted, ['out/app/cache/a', 'out/app/b/cache'])).toEqual(['out/app/b/cache']);
  });

  it('enters the folders above tracked paths, and no others', () => {
    const selection = select([file('a/b/c.txt'), folder('node_modules/x')]);
    expect(
      ['', 'a', 'a/b', 'node_modules', 'node_modules/x', 'a/d', 'e'].filter((p) => selection.mayTrackBelow(p)),
    ).toEqual(['', 'a', 'a/b', 'node_modules', 'node_modules/x']);
    expect(selection.mayTrackBelow('a/b/d')).toBe(false);
  });

  it('never includes temporary files, even with a rule', () => {
    const selection = select([folder('src'), file(`src/${temporaryName(9, uuid)}`)]);
    expect(
      included(selection, [`src/${temporaryName(12, uuid)}`, `src/${temporaryName(9, uuid)}`, 'src/.palmtree.tmp']),
    ).toEqual(['src/.palmtree.tmp']);
  });

  it('includes names with spaces, newlines, #, !, -, quotes and other scripts', () => {
    const names = ['a b', 'a\nb', '#a', '!a', '-rf', '$(x)', '"', 'é', 'é', '日本', '*', '[a]', '...', ' '];
    const paths = names.map((name) => `src/${name}`);
    expect(included(select([folder('src')]), paths)).toEqual(paths);
    expect(included(select([folder('')]), names)).toEqual(names);
  });

  it('applies nested .gitignore files, the nearest first', () => {
    const selection = select([folder('')], [], { '': '*.o\n/build\n', lib: '!keep.o\n/gen\n' });
    expect(
      included(selection, ['a.o', 'lib/keep.o', 'lib/b.o', 'build/x', 'lib/build/x', 'lib/gen/x', 'gen/x']),
    ).toEqual(['lib/keep.o', 'lib/build/x', 'gen/x']);
  });

  it('does not include a path in an excluded folder again', () => {
    const selection = select([folder('')], [], { '': 'out/\n', out: '!a\n' });
    expect(selection.includes('out/a')).toBe(false);
  });

  it('applies configured patterns before .gitignore', () => {
    expect(select([folder('')], ['*.key'], { '': '!*.key' }).includes('a.key')).toBe(false);
  });

  it('applies a .gitignore that a scan adds', () => {
    const selection = select([folder('')], []);
    expect(selection.mayTrackBelow('lib/out')).toBe(true);
    selection.addGitignore('lib', 'out\r\n');
    expect(selection.mayTrackBelow('lib/out')).toBe(false);
    expect(selection.includes('lib/out/a')).toBe(false);
  });

  it('returns whether a path needs its own rule', () => {
    const selection = select([folder('')]);
    expect(['', 'src', 'node_modules', 'a/node_modules/b'].filter((path) => selection.excludes(path))).toEqual([
      'node_modules',
      'a/node_modules/b',
    ]);
  });

  it('is fast for 100,000 paths and 1,000 rules', () => {
    const rules = Array.from({ length: 1_000 }, (_, i) => folder(`d${i}/e`));
    const selection = select(rules, ['.git', 'node_modules', '*.log', 'out/']);
    const start = cpuTimeMs();
    let count = 0;
    for (let i = 0; i < 100_000; i++) if (selection.includes(`d${i % 2000}/e/f${i % 50}/g${i}.ts`)) count++;
    expect(count).toBe(50_000);
    expect(cpuTimeMs() - start).toBeLessThan(2_000);
  });
});

describe('the reason why a path is excluded', () => {
  const scope = { rules: [], exclude: ['*.tmp', 'build/', 'node_modules'] };

  it('is the pattern that matches it or a folder above it', () => {
    const selection = new Selection(scope);
    expect(selection.excludedBy('a/x.tmp', 'file')).toEqual({ kind: 'pattern', pattern: '*.tmp' });
    expect(selection.excludedBy('node_modules/a/index.js', 'file')).toEqual({
      kind: 'pattern',
      pattern: 'node_modules',
    });
    expect(selection.excludedBy('build', 'folder')).toEqual({ kind: 'pattern', pattern: 'build/' });
    expect(selection.excludedBy('build', 'file')).toBeUndefined();
    expect(selection.excludedBy('a/x.md', 'file')).toBeUndefined();
  });

  it('is a .gitignore file, if no pattern of the settings matches', () => {
    const selection = new Selection({ ...scope, gitignores: [['', 'secret.md']] });
    expect(selection.excludedBy('secret.md', 'file')).toEqual({ kind: 'gitignore' });
  });

  it('is none for a path that was tracked by its name', () => {
    const rules = [{ path: 'a/x.tmp', kind: 'file', effect: 'track' } as const];
    expect(new Selection({ ...scope, rules }).excludedBy('a/x.tmp', 'file')).toBeUndefined();
  });
});

describe('the shared rules', () => {
  const shared = { ignore: '# built\n/build/\n*.log\n!keep.log\n', exclude: ['secret'] };
  const withShared = (rules: Rule[], exclude: string[] = []) =>
    new Selection({ rules, exclude, shared, gitignores: [['', '!build/']] });

  it('exclude more than the setting does, and include nothing that it excludes', () => {
    const selection = withShared([folder('')], ['keep.log']);
    const paths = ['a', 'build/x', 'n/build/x', 'n/a.log', 'n/keep.log', 'n/secret', 'secret/x'];
    expect(included(selection, paths)).toEqual(['a', 'n/build/x']);
    expect(included(withShared([folder('')]), ['keep.log', 'a.log'])).toEqual(['keep.log']);
    expect(selection.mayTrackBelow('build')).toBe(false);
  });

  it('leave paths alone that have a rule of their own, and match relative to such a folder', () => {
    const selection = withShared([folder(''), file('n/a.log'), folder('build')]);
    expect(included(selection, ['n/a.log', 'n/b.log', 'build/x', 'build/x.log'])).toEqual(['n/a.log', 'build/x']);
  });

  it('are tracked as long as anything is, whatever the patterns say', () => {
    const files = ['.palmtreeignore', '.palmtree.json', 'n/.palmtreeignore'];
    const own = files.slice(0, 2);
    expect(included(withShared([folder('n/b')], ['.*']), files)).toEqual(own);
    expect(withShared([folder('n/b')], ['.*']).excludes('.palmtreeignore')).toBe(false);
    expect(included(withShared([]), files)).toEqual([]);
    const untracked: Rule = { path: '.palmtreeignore', kind: 'folder', effect: 'untrack' };
    expect(included(withShared([folder(''), untracked]), own)).toEqual(['.palmtree.json']);
    expect(withShared([folder('n/b')]).excludedBy('.palmtreeignore', 'file')).toBeUndefined();
  });

  it('are named as what excludes a path', () => {
    const selection = withShared([folder('')], ['*.tmp']);
    expect(selection.excludedBy('build', 'folder')).toEqual({ kind: 'shared', file: '.palmtreeignore' });
    expect(selection.excludedBy('build/x', 'file')).toEqual({ kind: 'shared', file: '.palmtreeignore' });
    expect(selection.excludedBy('n/secret', 'file')).toEqual({ kind: 'shared', file: '.palmtree.json' });
    expect(selection.excludedBy('secret.tmp', 'file')).toEqual({ kind: 'pattern', pattern: '*.tmp' });
    expect([...selection.sharedlyExcluded(['a', 'build/x', 'a.tmp', 'secret'])]).toEqual([
      { path: 'build/x', by: '.palmtreeignore' },
      { path: 'secret', by: '.palmtree.json' },
    ]);
  });

  it('never include a path that they would leave out if they had fewer patterns', () => {
    const name = fc.constantFrom('a', 'b', 'c.log');
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
    const pattern = fc
      .tuple(fc.constantFrom('', '/', '!', '!/', '**/'), path, fc.constantFrom('', '/', '/*', '/**'))
      .map((parts) => parts.join(''));
    const patterns = fc.array(pattern, { maxLength: 3 });
    const effect = fc.constantFrom('track', 'track', 'untrack');
    const rule: fc.Arbitrary<Rule> = fc.record({ path, kind: fc.constantFrom('folder', 'file'), effect });
    const given = fc.record({
      rules: fc.array(rule, { minLength: 1, maxLength: 4 }),
      exclude: patterns,
      gitignores: fc.array(
        fc.tuple(
          fc.constantFrom('', 'a', 'a/b'),
          patterns.map((lines) => lines.join('\n')),
        ),
      ),
      shared: fc.record({ ignore: patterns.map((lines) => lines.join('\n')), exclude: patterns }),
    });
    fc.assert(
      fc.property(given, fc.array(path), ({ shared, ...own }, paths) => {
        const [alone, both] = [new Selection(own), new Selection({ ...own, shared })];
        expect(included(both, paths).filter((one) => !alone.includes(one))).toEqual([]);
        const isLeftOut = (one: string): boolean => alone.excludedBy(one, 'file') !== undefined;
        expect(paths.filter((one) => isLeftOut(one) && both.excludedBy(one, 'file') === undefined)).toEqual([]);
        for (const folder of paths) {
          const below = paths.filter((one) => one.startsWith(`${folder}/`) && alone.excludesBelow(one, folder));
          expect(below.filter((one) => !both.excludesBelow(one, folder))).toEqual([]);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('that exclude a tracked folder leave the patterns of the machine relative to the workspace folder', () => {
    const rules = [folder('notes')];
    const paths = ['notes/private/a', 'notes/.vscode/settings.json', 'notes/b'];
    const shared = { ignore: '/notes/\n', exclude: ['/notes/'] };
    const setting = new Selection({ rules, shared, exclude: ['/notes/private/', '**/.vscode/settings.json'] });
    expect(included(setting, paths)).toEqual(['notes/b']);
    expect(setting.excludedBy('notes/private/a', 'file')).toEqual({ kind: 'pattern', pattern: '/notes/private/' });
    const gitignores = [['', '/notes/private/\n.vscode\n']] as const;
    const git = new Selection({ rules, shared, exclude: [], gitignores });
    expect(included(git, paths)).toEqual(['notes/b']);
    const each = { rules, exclude: [], shared: { ignore: '/notes/\n', exclude: ['/notes/private/'] } };
    expect(included(new Selection(each), paths)).toEqual(['notes/.vscode/settings.json', 'notes/b']);
  });

  it('take no long time for a name that somebody made for their patterns', () => {
    const name = `n/${'ab'.repeat(120)}c`;
    for (const part of ['*a', '*ab', '*a?', '*[ab]', '*[!x]b']) {
      const pattern = `${part.repeat(9)}*b`;
      const shared = { ignore: `${pattern}\n`, exclude: [`/n/${pattern}`] };
      const selection = new Selection({ rules: [folder('')], exclude: [], shared });
      const start = cpuTimeMs();
      expect(selection.includes(name)).toBe(true);
      expect(cpuTimeMs() - start).toBeLessThan(500);
    }
  });
});
