import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Observation } from '../../core/observation';
import type { Rule } from '../../core/tracking/rule';
import type { ScanResult } from './scannerPort';
import { scanPass, type PassOptions } from './scan';

const everything: Rule[] = [{ path: '', kind: 'folder', effect: 'track' }];

let base: string;
let root: string;
let known: Map<string, Observation>;
let rules: Rule[];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'palmtree-scan-'));
  chmodSync(base, 0o755);
  root = join(base, 'ws');
  mkdirSync(root);
  known = new Map();
  rules = everything;
});

afterEach(() => {
  execFileSync('chmod', ['-R', 'u+rwX', base]);
  rmSync(base, { recursive: true, force: true });
});

function write(path: string | Buffer, content = 'content'): void {
  const target = typeof path === 'string' ? join(root, path) : path;
  if (typeof target === 'string') mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content);
}

/** Makes all files look as if they had long been at rest. ctime cannot be set: the racy flag is. */
function age(): void {
  for (const [path, observation] of known) known.set(path, { ...observation, racy: false });
}

function pass(options: Partial<PassOptions> = {}): ScanResult {
  const scope = { rules, exclude: ['.git', 'node_modules'], respectGitignore: false };
  const result = scanPass({ root, scope, known, ...options });
  for (const path of result.removed) known.delete(path);
  for (const observation of result.changed) known.set(observation.path, observation);
  return result;
}

function paths(items: readonly { path: string }[]): string[] {
  return items.map(({ path }) => path).sort();
}

/** Runs without root's rights, as users do. */
function asUser<T>(work: () => T): T {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
  }
}

describe('a scan', () => {
  it('sees files, links, modes and sizes as they are', () => {
    write('a/b.txt', 'hello');
    write('run.sh', '#!/bin/sh');
    write('empty', '');
    chmodSync(join(root, 'run.sh'), 0o755);
    chmodSync(join(root, 'empty'), 0o640);
    symlinkSync('a/b.txt', join(root, 'link'));
    const { changed, removed, problems } = pass();
    expect([removed, problems]).toEqual([[], []]);
    expect(paths(changed)).toEqual(['a/b.txt', 'empty', 'link', 'run.sh']);
    const stats = lstatSync(join(root, 'a/b.txt'), { bigint: true });
    expect(known.get('a/b.txt')).toEqual({
      path: 'a/b.txt',
      kind: 'file',
      size: 5,
      mtimeNs: stats.mtimeNs,
      mode: 0o644,
      hash: createHash('sha256').update('hello').digest('hex'),
      dev: stats.dev,
      ino: stats.ino,
      ctimeNs: stats.ctimeNs,
      racy: true,
    });
    expect(known.get('run.sh')?.mode).toBe(0o755);
    expect(known.get('empty')).toMatchObject({ mode: 0o640, size: 0 });
    expect(known.get('link')).toMatchObject({
      kind: 'symlink',
      target: 'a/b.txt',
      size: 7,
      hash: createHash('sha256').update('a/b.txt').digest('hex'),
    });
  });

  it('tells only what differs from what is known', () => {
    write('same');
    write('edited');
    write('gone');
    pass();
    age();
    write('edited', 'other content');
    write('new');
    rmSync(join(root, 'gone'));
    const { changed, removed } = pass();
    expect(paths(changed)).toEqual(['edited', 'new']);
    expect(removed).toEqual(['gone']);
    age();
    expect(pass({ verify: false }).changed).toEqual([]);
  });

  it('keeps names with newlines, quotes, leading dashes, other scripts, and 255 bytes', () => {
    const names = [
      'a\nb',
      '-rf',
      '#a',
      ';a',
      ' ',
      "'",
      '$(x)',
      'é',
      'e\u0301',
      '日本',
      '😀',
      'x'.repeat(255),
      '%41',
      '*',
    ];
    for (const name of names) write(`d/${name}`);
    const { changed, problems } = pass();
    expect(problems).toEqual([]);
    expect(paths(changed)).toEqual(names.map((name) => `d/${name}`).sort());
  });

  it('takes in what is tracked, less what is excluded', () => {
    rules = [
      { path: 'src', kind: 'folder', effect: 'track' },
      { path: 'deep/er/one.txt', kind: 'file', effect: 'track' },
      { path: 'src/out', kind: 'folder', effect: 'untrack' },
    ];
    for (const path of ['src/a', 'src/out/b', 'src/node_modules/c', 'deep/er/one.txt', 'deep/er/two.txt', 'top']) {
      write(path);
    }
    expect(paths(pass().changed)).toEqual(['deep/er/one.txt', 'src/a']);
  });

  it('forgets what is no longer tracked', () => {
    write('a/x');
    write('b/y');
    pass();
    rules = [{ path: 'a', kind: 'folder', effect: 'track' }];
    expect(pass().removed).toEqual(['b/y']);
  });

  it('honours nested .gitignore files when asked to', () => {
    write('.gitignore', '*.o\n');
    write('lib/.gitignore', '!keep.o\n/gen\n');
    for (const path of ['a.o', 'lib/keep.o', 'lib/other.o', 'lib/gen/x', 'gen/x']) write(path);
    const scope = { rules, exclude: [], respectGitignore: true };
    const { changed, gitignores } = pass({ scope });
    expect(paths(changed)).toEqual(['.gitignore', 'gen/x', 'lib/.gitignore', 'lib/keep.o']);
    expect(Object.fromEntries(gitignores)).toEqual({ '': '*.o\n', lib: '!keep.o\n/gen\n' });
    rmSync(join(root, '.gitignore'));
    expect(Object.fromEntries(pass({ scope, only: ['.gitignore'] }).gitignores)).toMatchObject({ '': null, gen: null });
    expect(pass().gitignores.size).toBe(0);
  });

  it('looks again at all of a folder whose .gitignore changed', () => {
    write('lib/a.o');
    write('lib/sub/b.o');
    const scope = { rules, exclude: [], respectGitignore: true };
    pass({ scope });
    write('lib/.gitignore', '*.o');
    const { changed, removed } = pass({ scope, only: ['lib/.gitignore'] });
    expect(paths(changed)).toEqual(['lib/.gitignore']);
    expect([...removed].sort()).toEqual(['lib/a.o', 'lib/sub/b.o']);
  });

  it('leaves out its own temporary files', () => {
    write('a/.palmtree-1.tmp');
    expect(pass().changed).toEqual([]);
  });

  it('leaves nothing behind in the workspace folder or the storage', () => {
    const storage = join(base, 'storage');
    mkdirSync(storage);
    pass({ storage });
    pass();
    expect([readdirSync(root), readdirSync(storage)]).toEqual([[], []]);
  });

  it('takes a workspace folder that is itself a symlink', () => {
    write('a');
    symlinkSync('a', join(root, 'inside'));
    symlinkSync(root, join(base, 'alias'));
    const { changed, problems } = pass({ root: join(base, 'alias') });
    expect([paths(changed), problems]).toEqual([['a', 'inside'], []]);
  });

  it('reports its progress', () => {
    write('a', 'x'.repeat(10));
    let last = { files: 0, hashedBytes: 0 };
    pass({ onProgress: (progress) => (last = progress) });
    expect(last).toEqual({ files: 1, hashedBytes: 10 });
  });

  it('knows nothing new when it was stopped', () => {
    write('a');
    expect(() =>
      pass({
        onProgress: () => {
          throw new Error('stop');
        },
      }),
    ).toThrow('stop');
    expect(known.size).toBe(0);
  });
});

describe('a stored hash', () => {
  const cheat = { hash: 'f'.repeat(64), racy: false };

  function cheated(path: string): boolean {
    return known.get(path)?.hash === cheat.hash;
  }

  beforeEach(() => {
    write('a', 'one');
    pass();
    known.set('a', { ...known.get('a')!, ...cheat });
  });

  it('is trusted while the file is untouched', () => {
    pass();
    expect(cheated('a')).toBe(true);
  });

  it('is not trusted when all is to be verified', () => {
    pass({ verify: true });
    expect(cheated('a')).toBe(false);
  });

  it('is not trusted after a write of the same size with the mtime set back', () => {
    const { mtime, atime } = lstatSync(join(root, 'a'));
    write('a', 'two');
    utimesSync(join(root, 'a'), atime, mtime);
    pass();
    expect(cheated('a')).toBe(false);
  });

  it('is not trusted for another file of the same size and times', () => {
    write('b', 'two');
    const before = known.get('a')!;
    renameSync(join(root, 'b'), join(root, 'a'));
    const { mtimeNs, ctimeNs } = lstatSync(join(root, 'a'), { bigint: true });
    known.set('a', { ...before, mtimeNs, ctimeNs });
    pass();
    expect(cheated('a')).toBe(false);
  });

  it.each(['size', 'mtimeNs', 'ctimeNs', 'ino', 'dev', 'mode'] as const)('is not trusted when %s differs', (key) => {
    const before = known.get('a')!;
    known.set('a', { ...before, [key]: typeof before[key] === 'bigint' ? 1n : 1 });
    pass();
    expect(cheated('a')).toBe(false);
  });

  it('is not trusted when the file is racy', () => {
    known.set('a', { ...known.get('a')!, racy: true });
    pass();
    expect(cheated('a')).toBe(false);
  });

  it('is racy for a file that was just written, whatever its mtime says', () => {
    utimesSync(join(root, 'a'), 1, 1);
    pass();
    expect(known.get('a')).toMatchObject({ mtimeNs: 1_000_000_000n, racy: true });
  });

  it('is not racy for a file that has been at rest', () => {
    // A file that came with the system; linking it would change its ctime.
    const folder = dirname(process.execPath);
    const rules: Rule[] = [{ path: 'node', kind: 'file', effect: 'track' }];
    const old = new Map<string, Observation>();
    const scope = { rules, exclude: [], respectGitignore: false };
    const { changed } = scanPass({ root: folder, storage: base, scope, known: old });
    const stats = lstatSync(folder, { bigint: true });
    const sameDevice = stats.dev === lstatSync(base, { bigint: true }).dev;
    expect(changed).toMatchObject([{ path: 'node', racy: !sameDevice && !isWritable(folder) }]);
  });

  function isWritable(folder: string): boolean {
    try {
      writeFileSync(join(folder, '.palmtree-test.tmp'), '');
      unlinkSync(join(folder, '.palmtree-test.tmp'));
      return true;
    } catch {
      return false;
    }
  }
});

describe('a file system without modes', () => {
  it('keeps the mode that is known, and gives a new file a plain one', () => {
    write('a', 'one');
    write('b', 'one');
    chmodSync(join(root, 'b'), 0o600);
    pass();
    known.set('a', { ...known.get('a')!, mode: 0o755 });
    write('a', 'two!');
    write('c');
    pass({ honoursModes: false });
    expect(Object.fromEntries([...known].map(([path, { mode }]) => [path, mode]))).toEqual({
      a: 0o755,
      b: 0o600,
      c: 0o644,
    });
  });
});

describe('a problem', () => {
  it('is a name that is not UTF-8, and two such names are two problems', () => {
    write(Buffer.concat([Buffer.from(`${root}/bad`), Buffer.from([0xff])]));
    write(Buffer.concat([Buffer.from(`${root}/bad`), Buffer.from([0xfe])]));
    const { changed, problems } = pass();
    expect(changed).toEqual([]);
    expect(problems).toMatchObject(
      [
        { path: 'bad\\xfe', reason: 'name-not-utf8' },
        { path: 'bad\\xff', reason: 'name-not-utf8' },
      ].sort((a, b) => paths(problems).indexOf(a.path) - paths(problems).indexOf(b.path)),
    );
  });

  it('is a name with a backslash, also of a folder', () => {
    write('a\\b');
    write('d\\e/f');
    expect(
      pass()
        .problems.map(({ path, reason }) => `${reason} ${path}`)
        .sort(),
    ).toEqual(['backslash a\\b', 'backslash d\\e']);
  });

  it('is a pipe', () => {
    execFileSync('mkfifo', [join(root, 'pipe')]);
    expect(pass().problems).toMatchObject([{ path: 'pipe', reason: 'pipe' }]);
  });

  it.each([
    ['absolute', '/etc/passwd'],
    ['absolute, to the inside', 'ROOT/a'],
    ['upwards', '../other'],
    ['out and back in', '../ws/a'],
    ['out through a folder', 'sub/../../other'],
    ['out through another link', 'way/other'],
  ])('is a link out of the workspace folder: %s', (_, target) => {
    write('sub/x');
    write('a');
    mkdirSync(join(base, 'other'));
    symlinkSync('..', join(root, 'way'));
    symlinkSync(target.replace('ROOT', root), join(root, 'link'));
    const { problems, changed } = pass();
    expect(problems).toContainEqual(expect.objectContaining({ path: 'link', reason: 'link-outside' }));
    expect(paths(changed)).not.toContain('link');
  });

  it.each(['a', './a', 'sub/../a', '.', 'nowhere/at/all', 'link', 'inner/x', '..a'])(
    'is not a link to %s',
    (target) => {
      write('a');
      write('sub/x');
      symlinkSync('sub', join(root, 'inner'));
      symlinkSync(target, join(root, 'link'));
      const { problems, changed } = pass();
      expect(problems).toEqual([]);
      expect(paths(changed)).toContain('link');
    },
  );

  it('is a link that came to lead out, though it was not touched itself', () => {
    mkdirSync(join(root, 'way'));
    symlinkSync('way/x', join(root, 'link'));
    pass();
    age();
    rmSync(join(root, 'way'), { recursive: true });
    symlinkSync('/etc', join(root, 'way'));
    const { problems, removed } = pass();
    expect(paths(problems)).toEqual(['link', 'way']);
    expect(removed).toEqual([]);
  });

  it('is a symlink in the way of what is tracked, which is not followed', () => {
    mkdirSync(join(base, 'other'));
    writeFileSync(join(base, 'other/x'), '');
    symlinkSync('../other', join(root, 'way'));
    rules = [{ path: 'way/x', kind: 'file', effect: 'track' }];
    expect(pass()).toMatchObject({ changed: [], problems: [{ path: 'way', reason: 'link-as-folder' }] });
  });

  it('keeps a file that cannot be read from looking deleted', () => {
    write('a');
    write('sub/b');
    write('sub/c');
    pass();
    age();
    chmodSync(join(root, 'a'), 0);
    chmodSync(join(root, 'sub'), 0);
    for (const only of [undefined, ['a', 'sub/b', 'sub/c']]) {
      const { changed, removed, problems } = asUser(() => pass({ only, verify: true }));
      expect([changed, removed]).toEqual([[], []]);
      expect(problems.map(({ path, reason }) => `${reason} ${path}`).sort()).toEqual([
        'unreadable a',
        'unreadable sub',
      ]);
      expect(problems[0]?.with).toBe('EACCES');
    }
  });

  it('keeps a file that something special replaced from looking deleted', () => {
    write('a');
    pass();
    rmSync(join(root, 'a'));
    execFileSync('mkfifo', [join(root, 'a')]);
    expect(pass()).toMatchObject({ removed: [], problems: [{ path: 'a' }] });
  });
});

describe('a workspace folder that is not there', () => {
  it('fails the scan, instead of making all files look deleted', () => {
    write('a');
    pass();
    rmSync(root, { recursive: true });
    expect(() => pass()).toThrow(expect.objectContaining({ code: 'root_gone' }));
    writeFileSync(root, 'a file now');
    expect(() => pass()).toThrow(expect.objectContaining({ code: 'root_gone' }));
    expect(known.size).toBe(1);
  });

  it('fails the scan when it goes away meanwhile', () => {
    write('a');
    write('b');
    pass();
    expect(() => pass({ verify: true, onProgress: () => rmSync(root, { recursive: true, force: true }) })).toThrow(
      expect.objectContaining({ code: 'root_gone' }),
    );
    expect(() => {
      mkdirSync(root);
      pass({
        onProgress: () => {
          renameSync(root, `${root}-${Math.random()}`);
          mkdirSync(root);
        },
      });
    }).toThrow(expect.objectContaining({ code: 'root_gone' }));
  });

  it('fails the scan when it may not be read', () => {
    write('a');
    chmodSync(root, 0);
    asUser(() => expect(() => pass()).toThrow(expect.objectContaining({ code: 'root_gone' })));
  });

  it('is not the same as a tracked folder that was deleted', () => {
    write('src/a');
    rules = [{ path: 'src', kind: 'folder', effect: 'track' }];
    pass();
    rmSync(join(root, 'src'), { recursive: true });
    expect(pass()).toMatchObject({ removed: ['src/a'], problems: [] });
  });
});

describe('a partial scan', () => {
  it('looks only at the paths and what is below them', () => {
    write('a/x');
    write('b/y');
    pass();
    age();
    write('a/x', 'changed');
    write('a/new');
    write('b/y', 'changed');
    expect(paths(pass({ only: ['a'] }).changed)).toEqual(['a/new', 'a/x']);
  });

  it('sees that a folder became a file, and the reverse', () => {
    write('a/x');
    write('b');
    pass();
    rmSync(join(root, 'a'), { recursive: true });
    rmSync(join(root, 'b'));
    write('a');
    write('b/y');
    const { changed, removed } = pass({ only: ['a/x', 'a', 'b'] });
    expect([paths(changed), [...removed].sort()]).toEqual([
      ['a', 'b/y'],
      ['a/x', 'b'],
    ]);
  });

  it('takes what is behind a symlink, excluded, or not tracked for gone', () => {
    write('a/x');
    pass();
    renameSync(join(root, 'a'), join(root, 'c'));
    symlinkSync('c', join(root, 'a'));
    expect(pass({ only: ['a/x'] }).removed).toEqual(['a/x']);
    expect(paths(pass({ only: ['a'] }).changed)).toEqual(['a']);
  });

  it('comes to the same as a full pass, whatever happened', () => {
    const name = fc.constantFrom('a', 'b', 'node_modules', 'c');
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
    const kind = fc.constantFrom('file', 'folder', 'link', 'remove', 'ignore');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(kind, path), { maxLength: 12 }),
        fc.array(fc.tuple(kind, path), { maxLength: 6 }),
        (before, after) => {
          for (const entry of readdirSync(root)) rmSync(join(root, entry), { recursive: true });
          known = new Map();
          const scope = { rules, exclude: ['node_modules'], respectGitignore: true };
          for (const step of before) happen(...step);
          pass({ scope });
          const start = new Map(known);
          for (const step of after) happen(...step);
          const touched = after.flatMap(([kind, path]) => [path, ...(kind === 'ignore' ? [`${path}/.gitignore`] : [])]);
          // A made or removed folder comes to the watcher's eye as well.
          const only = [...touched, ...touched.map(dirname).filter((folder) => folder !== '.')];
          pass({ scope, only });
          const partial = shownKnown();
          known = start;
          pass({ scope });
          expect(partial).toEqual(shownKnown());
        },
      ),
      { numRuns: 150 },
    );
  });

  function happen(kind: string, path: string): void {
    const target = join(root, path);
    try {
      if (kind === 'remove') rmSync(target, { recursive: true, force: true });
      // Leads nowhere, so that no later step writes to a place that it does not name.
      else if (kind === 'link') symlinkSync('none/x', target);
      else if (kind === 'folder') mkdirSync(target, { recursive: true });
      else if (kind === 'ignore') writeFileSync(join(target, '.gitignore'), 'c\n');
      else write(path, String(path.length));
    } catch {
      // What is in the way stays.
    }
  }

  function shownKnown(): string[] {
    return [...known.values()].map(({ path, kind, hash }) => `${path} ${kind} ${hash}`).sort();
  }
});

it('follows hard links as files of their own', () => {
  write('a', 'one');
  linkSync(join(root, 'a'), join(root, 'b'));
  expect(paths(pass().changed)).toEqual(['a', 'b']);
});
