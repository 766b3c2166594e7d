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
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Observation } from '../../core/observation';
import type { Rule } from '../../core/tracking/rule';
import type { ScanResult } from './scannerPort';
import { scan, type ScanOptions } from './scan';

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

/** Marks every file as not racy, as if none had changed for long. The ctime cannot be set, so this sets the flag. */
function makeNothingRacy(): void {
  for (const [path, observation] of known) known.set(path, { ...observation, racy: false });
}

async function rescan(options: Partial<ScanOptions> = {}): Promise<ScanResult> {
  const result = await scan({ ...defaults(), ...options });
  for (const path of result.removed) known.delete(path);
  for (const observation of result.changed) known.set(observation.path, observation);
  return result;
}

/** Too few files for helper threads, so that no script is needed. */
function defaults(): ScanOptions {
  const scope = { rules, exclude: ['.git', 'node_modules'], respectGitignore: false };
  return { root, scope, known, honoursModes: true, script: '', stop: new SharedArrayBuffer(4) };
}

function paths(items: readonly { path: string }[]): string[] {
  return items.map(({ path }) => path).sort();
}

/** Runs as a user other than root, who may read everything. */
async function asUser<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

describe('a scan', () => {
  it('observes files and symlinks with their modes and sizes', async () => {
    write('a/b.txt', 'hello');
    write('run.sh', '#!/bin/sh');
    write('empty', '');
    chmodSync(join(root, 'run.sh'), 0o755);
    chmodSync(join(root, 'empty'), 0o640);
    symlinkSync('a/b.txt', join(root, 'link'));
    const { changed, removed, problems } = await rescan();
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

  it('returns only differences from what is known', async () => {
    write('same');
    write('edited');
    write('gone');
    await rescan();
    makeNothingRacy();
    write('edited', 'other content');
    write('new');
    rmSync(join(root, 'gone'));
    const { changed, removed } = await rescan();
    expect(paths(changed)).toEqual(['edited', 'new']);
    expect(removed).toEqual(['gone']);
    makeNothingRacy();
    expect((await rescan({ verify: false })).changed).toEqual([]);
  });

  it('observes names with newlines, quotes, leading dashes, other scripts, and 255 bytes', async () => {
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
    const { changed, problems } = await rescan();
    expect(problems).toEqual([]);
    expect(paths(changed)).toEqual(names.map((name) => `d/${name}`).sort());
  });

  it('includes tracked paths that are not excluded', async () => {
    rules = [
      { path: 'src', kind: 'folder', effect: 'track' },
      { path: 'deep/er/one.txt', kind: 'file', effect: 'track' },
      { path: 'src/out', kind: 'folder', effect: 'untrack' },
    ];
    for (const path of ['src/a', 'src/out/b', 'src/node_modules/c', 'deep/er/one.txt', 'deep/er/two.txt', 'top']) {
      write(path);
    }
    expect(paths((await rescan()).changed)).toEqual(['deep/er/one.txt', 'src/a']);
  });

  it('removes paths that are not tracked any more', async () => {
    write('a/x');
    write('b/y');
    await rescan();
    rules = [{ path: 'a', kind: 'folder', effect: 'track' }];
    expect((await rescan()).removed).toEqual(['b/y']);
  });

  it('respects nested .gitignore files if the scope says so', async () => {
    write('.gitignore', '*.o\n');
    write('lib/.gitignore', '!keep.o\n/gen\n');
    for (const path of ['a.o', 'lib/keep.o', 'lib/other.o', 'lib/gen/x', 'gen/x']) write(path);
    const scope = { rules, exclude: [], respectGitignore: true };
    const { changed, gitignores } = await rescan({ scope });
    expect(paths(changed)).toEqual(['.gitignore', 'gen/x', 'lib/.gitignore', 'lib/keep.o']);
    expect(Object.fromEntries(gitignores)).toEqual({ '': '*.o\n', lib: '!keep.o\n/gen\n' });
    rmSync(join(root, '.gitignore'));
    expect(Object.fromEntries((await rescan({ scope, only: ['.gitignore'] })).gitignores)).toMatchObject({
      '': null,
      gen: null,
    });
    expect((await rescan()).gitignores.size).toBe(0);
  });

  it('scans all of a folder whose .gitignore changed', async () => {
    write('lib/a.o');
    write('lib/sub/b.o');
    const scope = { rules, exclude: [], respectGitignore: true };
    await rescan({ scope });
    write('lib/.gitignore', '*.o');
    const { changed, removed } = await rescan({ scope, only: ['lib/.gitignore'] });
    expect(paths(changed)).toEqual(['lib/.gitignore']);
    expect([...removed].sort()).toEqual(['lib/a.o', 'lib/sub/b.o']);
  });

  it('excludes its own temporary files', async () => {
    write('a/.palmtree-1-0f8fad5b-d9cb-469f-a165-70867728950e.tmp');
    expect((await rescan()).changed).toEqual([]);
  });

  it('includes files with names that only resemble those of its temporary files', async () => {
    const names = ['.palmtree-notes.tmp', '.palmtree-1.tmp', '.palmtree-12-1a2b3c4d.tmp', '.palmtree-partial'];
    for (const name of names) write(`a/${name}`);
    write('a/.palmtree-1-0f8fad5b-d9cb-469f-a165-70867728950e.tmp/in-a-folder');
    expect(paths((await rescan()).changed)).toHaveLength(names.length + 1);
  });

  it('leaves no files in the workspace folder or the storage', async () => {
    const storage = join(base, 'storage');
    mkdirSync(storage);
    await rescan({ storage });
    await rescan();
    expect([readdirSync(root), readdirSync(storage)]).toEqual([[], []]);
  });

  it('accepts a workspace folder that is itself a symlink', async () => {
    write('a');
    symlinkSync('a', join(root, 'inside'));
    symlinkSync(root, join(base, 'alias'));
    const { changed, problems } = await rescan({ root: join(base, 'alias') });
    expect([paths(changed), problems]).toEqual([['a', 'inside'], []]);
  });

  it('reports its progress', async () => {
    write('a', 'x'.repeat(10));
    let last = { files: 0, hashedBytes: 0 };
    await rescan({ onProgress: (progress) => (last = progress) });
    expect(last).toEqual({ files: 1, hashedBytes: 10 });
  });

  it('changes nothing if it is stopped', async () => {
    write('a');
    const stop = (): never => {
      throw new Error('stop');
    };
    await expect(rescan({ onProgress: stop })).rejects.toThrow('stop');
    expect(known.size).toBe(0);
  });
});

describe('a stored hash', () => {
  const fake = { hash: 'f'.repeat(64), racy: false };

  function hasFakeHash(path: string): boolean {
    return known.get(path)?.hash === fake.hash;
  }

  beforeEach(async () => {
    write('a', 'one');
    await rescan();
    known.set('a', { ...known.get('a')!, ...fake });
  });

  it('is trusted while the file is unchanged', async () => {
    await rescan();
    expect(hasFakeHash('a')).toBe(true);
  });

  it('is not trusted by a scan that verifies', async () => {
    await rescan({ verify: true });
    expect(hasFakeHash('a')).toBe(false);
  });

  it('is not trusted after a write of the same size that restores the mtime', async () => {
    const { mtime, atime } = lstatSync(join(root, 'a'));
    write('a', 'two');
    utimesSync(join(root, 'a'), atime, mtime);
    await rescan();
    expect(hasFakeHash('a')).toBe(false);
  });

  it('is not trusted for another file with the same size and times', async () => {
    write('b', 'two');
    const before = known.get('a')!;
    renameSync(join(root, 'b'), join(root, 'a'));
    const { mtimeNs, ctimeNs } = lstatSync(join(root, 'a'), { bigint: true });
    known.set('a', { ...before, mtimeNs, ctimeNs });
    await rescan();
    expect(hasFakeHash('a')).toBe(false);
  });

  it.each(['size', 'mtimeNs', 'ctimeNs', 'ino', 'dev', 'mode'] as const)(
    'is not trusted if %s differs',
    async (key) => {
      const before = known.get('a')!;
      known.set('a', { ...before, [key]: typeof before[key] === 'bigint' ? 1n : 1 });
      await rescan();
      expect(hasFakeHash('a')).toBe(false);
    },
  );

  it('is not trusted if the file is racy', async () => {
    known.set('a', { ...known.get('a')!, racy: true });
    await rescan();
    expect(hasFakeHash('a')).toBe(false);
  });

  it('is racy for a file that was just written, whatever its mtime is', async () => {
    utimesSync(join(root, 'a'), 1, 1);
    await rescan();
    expect(known.get('a')).toMatchObject({ mtimeNs: 1_000_000_000n, racy: true });
  });

  it('is not racy for a file that has not changed for long', async () => {
    // An old file. A hard link to it would change its ctime.
    const folder = dirname(process.execPath);
    const rules: Rule[] = [{ path: 'node', kind: 'file', effect: 'track' }];
    const old = new Map<string, Observation>();
    const scope = { rules, exclude: [], respectGitignore: false };
    const { changed } = await scan({ ...defaults(), root: folder, storage: base, scope, known: old });
    const stats = lstatSync(folder, { bigint: true });
    const sameDevice = stats.dev === lstatSync(base, { bigint: true }).dev;
    expect(changed).toMatchObject([{ path: 'node', racy: !sameDevice && !isWritable(folder) }]);
  });

  function isWritable(folder: string): boolean {
    try {
      writeFileSync(join(folder, '.palmtree-1-0f8fad5b-d9cb-469f-a165-70867728950e.tmp'), '');
      unlinkSync(join(folder, '.palmtree-1-0f8fad5b-d9cb-469f-a165-70867728950e.tmp'));
      return true;
    } catch {
      return false;
    }
  }
});

describe('a file system without modes', () => {
  it('keeps known modes, and gives a new file the default mode', async () => {
    write('a', 'one');
    write('b', 'one');
    chmodSync(join(root, 'b'), 0o600);
    await rescan();
    known.set('a', { ...known.get('a')!, mode: 0o755 });
    write('a', 'two!');
    write('c');
    await rescan({ honoursModes: false });
    expect(Object.fromEntries([...known].map(([path, { mode }]) => [path, mode]))).toEqual({
      a: 0o755,
      b: 0o600,
      c: 0o644,
    });
  });
});

describe('a problem', () => {
  it('is a git folder, if nothing excludes it', async () => {
    for (const path of ['.git/config', 'module/.git', 'git~1', '.gitignore', 'notes']) write(path, 'x');
    const scope = { ...defaults().scope, exclude: [] };
    const { problems, changed } = await rescan({ scope });
    expect(problems.map(({ path, reason }) => `${reason} ${path}`).sort()).toEqual([
      'git-folder .git',
      'git-folder git~1',
      'git-folder module/.git',
    ]);
    expect(paths(changed)).toEqual(['.gitignore', 'notes']);
  });

  it('is a name that is not UTF-8; two such names are two problems', async () => {
    write(Buffer.concat([Buffer.from(`${root}/bad`), Buffer.from([0xff])]));
    write(Buffer.concat([Buffer.from(`${root}/bad`), Buffer.from([0xfe])]));
    const { changed, problems } = await rescan();
    expect(changed).toEqual([]);
    expect(problems).toMatchObject(
      [
        { path: 'bad\\xfe', reason: 'name-not-utf8' },
        { path: 'bad\\xff', reason: 'name-not-utf8' },
      ].sort((a, b) => paths(problems).indexOf(a.path) - paths(problems).indexOf(b.path)),
    );
  });

  it('is a name with a backslash, of a file or a folder', async () => {
    write('a\\b');
    write('d\\e/f');
    const { problems } = await rescan();
    expect(problems.map(({ path, reason }) => `${reason} ${path}`).sort()).toEqual([
      'backslash a\\b',
      'backslash d\\e',
    ]);
  });

  it('is a pipe', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')]);
    expect((await rescan()).problems).toMatchObject([{ path: 'pipe', reason: 'pipe' }]);
  });

  it.each([
    ['absolute', '/etc/passwd'],
    ['absolute, into the workspace folder', 'ROOT/a'],
    ['upwards', '../other'],
    ['out of it and back', '../ws/a'],
    ['out of it through a folder', 'sub/../../other'],
    ['out of it through another symlink', 'way/other'],
  ])('is a symlink out of the workspace folder: %s', async (_, target) => {
    write('sub/x');
    write('a');
    mkdirSync(join(base, 'other'));
    symlinkSync('..', join(root, 'way'));
    symlinkSync(target.replace('ROOT', root), join(root, 'link'));
    const { problems, changed } = await rescan();
    expect(problems).toContainEqual(expect.objectContaining({ path: 'link', reason: 'link-outside' }));
    expect(paths(changed)).not.toContain('link');
  });

  it.each(['a', './a', 'sub/../a', '.', 'nowhere/at/all', 'link', 'inner/x', '..a'])(
    'is not a symlink to %s',
    async (target) => {
      write('a');
      write('sub/x');
      symlinkSync('sub', join(root, 'inner'));
      symlinkSync(target, join(root, 'link'));
      const { problems, changed } = await rescan();
      expect(problems).toEqual([]);
      expect(paths(changed)).toContain('link');
    },
  );

  it('is an unchanged symlink whose target now leads out of the workspace folder', async () => {
    mkdirSync(join(root, 'way'));
    symlinkSync('way/x', join(root, 'link'));
    await rescan();
    makeNothingRacy();
    rmSync(join(root, 'way'), { recursive: true });
    symlinkSync('/etc', join(root, 'way'));
    const { problems, removed } = await rescan();
    expect(paths(problems)).toEqual(['link', 'way']);
    expect(removed).toEqual([]);
  });

  it('is a symlink with tracked paths below it, which is not followed', async () => {
    mkdirSync(join(base, 'other'));
    writeFileSync(join(base, 'other/x'), '');
    symlinkSync('../other', join(root, 'way'));
    rules = [{ path: 'way/x', kind: 'file', effect: 'track' }];
    expect(await rescan()).toMatchObject({ changed: [], problems: [{ path: 'way', reason: 'link-as-folder' }] });
  });

  it('does not make an unreadable file look deleted', async () => {
    write('a');
    write('sub/b');
    write('sub/c');
    await rescan();
    makeNothingRacy();
    chmodSync(join(root, 'a'), 0);
    chmodSync(join(root, 'sub'), 0);
    for (const only of [undefined, ['a', 'sub/b', 'sub/c']]) {
      const { changed, removed, problems } = await asUser(() => rescan({ only, verify: true }));
      expect([changed, removed]).toEqual([[], []]);
      expect(problems.map(({ path, reason }) => `${reason} ${path}`).sort()).toEqual([
        'unreadable a',
        'unreadable sub',
      ]);
      expect(problems[0]?.with).toBe('EACCES');
    }
  });

  it('does not make a file look deleted that a pipe replaced', async () => {
    write('a');
    await rescan();
    rmSync(join(root, 'a'));
    execFileSync('mkfifo', [join(root, 'a')]);
    expect(await rescan()).toMatchObject({ removed: [], problems: [{ path: 'a' }] });
  });
});

it('observes hard links as separate files', async () => {
  write('a', 'one');
  linkSync(join(root, 'a'), join(root, 'b'));
  expect(paths((await rescan()).changed)).toEqual(['a', 'b']);
});
