import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { asUser, paths, scanFolder } from '../../../test/support/scanFolder';
import type { Observation } from '../../core/observation';
import type { Rule } from '../../core/tracking/rule';
import { scan } from './scan';

const workspace = scanFolder();

/** Marks every file as not racy, as if none had changed for long. The ctime cannot be set, so this sets the flag. */
function makeNothingRacy(): void {
  for (const [path, observation] of workspace.known) workspace.known.set(path, { ...observation, racy: false });
}

describe('a scan', () => {
  it('observes files and symlinks with their modes and sizes', async () => {
    workspace.write('a/b.txt', 'hello');
    workspace.write('run.sh', '#!/bin/sh');
    workspace.write('empty', '');
    chmodSync(join(workspace.root, 'run.sh'), 0o755);
    chmodSync(join(workspace.root, 'empty'), 0o640);
    symlinkSync('a/b.txt', join(workspace.root, 'link'));
    const { changed, removed, problems } = await workspace.rescan();
    expect([removed, problems]).toEqual([[], []]);
    expect(paths(changed)).toEqual(['a/b.txt', 'empty', 'link', 'run.sh']);
    const stats = lstatSync(join(workspace.root, 'a/b.txt'), { bigint: true });
    expect(workspace.known.get('a/b.txt')).toEqual({
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
    expect(workspace.known.get('run.sh')?.mode).toBe(0o755);
    expect(workspace.known.get('empty')).toMatchObject({ mode: 0o640, size: 0 });
    expect(workspace.known.get('link')).toMatchObject({
      kind: 'symlink',
      target: 'a/b.txt',
      size: 7,
      hash: createHash('sha256').update('a/b.txt').digest('hex'),
    });
  });

  it('returns only differences from what is known', async () => {
    workspace.write('same');
    workspace.write('edited');
    workspace.write('gone');
    await workspace.rescan();
    makeNothingRacy();
    workspace.write('edited', 'other content');
    workspace.write('new');
    rmSync(join(workspace.root, 'gone'));
    const { changed, removed } = await workspace.rescan();
    expect(paths(changed)).toEqual(['edited', 'new']);
    expect(removed).toEqual(['gone']);
    makeNothingRacy();
    expect((await workspace.rescan({ verify: false })).changed).toEqual([]);
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
    for (const name of names) workspace.write(`d/${name}`);
    const { changed, problems } = await workspace.rescan();
    expect(problems).toEqual([]);
    expect(paths(changed)).toEqual(names.map((name) => `d/${name}`).sort());
  });

  it('includes tracked paths that are not excluded', async () => {
    workspace.rules = [
      { path: 'src', kind: 'folder', effect: 'track' },
      { path: 'deep/er/one.txt', kind: 'file', effect: 'track' },
      { path: 'src/out', kind: 'folder', effect: 'untrack' },
    ];
    for (const path of ['src/a', 'src/out/b', 'src/node_modules/c', 'deep/er/one.txt', 'deep/er/two.txt', 'top']) {
      workspace.write(path);
    }
    expect(paths((await workspace.rescan()).changed)).toEqual(['deep/er/one.txt', 'src/a']);
  });

  it('removes paths that are not tracked any more', async () => {
    workspace.write('a/x');
    workspace.write('b/y');
    await workspace.rescan();
    workspace.rules = [{ path: 'a', kind: 'folder', effect: 'track' }];
    expect((await workspace.rescan()).removed).toEqual(['b/y']);
  });

  it('respects nested .gitignore files if the scope says so', async () => {
    workspace.write('.gitignore', '*.o\n');
    workspace.write('lib/.gitignore', '!keep.o\n/gen\n');
    for (const path of ['a.o', 'lib/keep.o', 'lib/other.o', 'lib/gen/x', 'gen/x']) workspace.write(path);
    const scope = { rules: workspace.rules, exclude: [], respectGitignore: true };
    const { changed, gitignores } = await workspace.rescan({ scope });
    expect(paths(changed)).toEqual(['.gitignore', 'gen/x', 'lib/.gitignore', 'lib/keep.o']);
    expect(Object.fromEntries(gitignores)).toEqual({ '': '*.o\n', lib: '!keep.o\n/gen\n' });
    rmSync(join(workspace.root, '.gitignore'));
    expect(Object.fromEntries((await workspace.rescan({ scope, only: ['.gitignore'] })).gitignores)).toMatchObject({
      '': null,
      gen: null,
    });
    expect((await workspace.rescan()).gitignores.size).toBe(0);
  });

  it('scans all of a folder whose .gitignore changed', async () => {
    workspace.write('lib/a.o');
    workspace.write('lib/sub/b.o');
    const scope = { rules: workspace.rules, exclude: [], respectGitignore: true };
    await workspace.rescan({ scope });
    workspace.write('lib/.gitignore', '*.o');
    const { changed, removed } = await workspace.rescan({ scope, only: ['lib/.gitignore'] });
    expect(paths(changed)).toEqual(['lib/.gitignore']);
    expect([...removed].sort()).toEqual(['lib/a.o', 'lib/sub/b.o']);
  });

  it('excludes its own temporary files', async () => {
    workspace.write('a/.palmtree-1-0f8fad5b-d9cb-469f-a165-70867728950e.tmp');
    expect((await workspace.rescan()).changed).toEqual([]);
  });

  it('includes files with names that only resemble those of its temporary files', async () => {
    const names = ['.palmtree-notes.tmp', '.palmtree-1.tmp', '.palmtree-12-1a2b3c4d.tmp', '.palmtree-partial'];
    for (const name of names) workspace.write(`a/${name}`);
    workspace.write('a/.palmtree-1-0f8fad5b-d9cb-469f-a165-70867728950e.tmp/in-a-folder');
    expect(paths((await workspace.rescan()).changed)).toHaveLength(names.length + 1);
  });

  it('leaves no files in the workspace folder or the storage', async () => {
    const storage = join(workspace.base, 'storage');
    mkdirSync(storage);
    await workspace.rescan({ storage });
    await workspace.rescan();
    expect([readdirSync(workspace.root), readdirSync(storage)]).toEqual([[], []]);
  });

  it('accepts a workspace folder that is itself a symlink', async () => {
    workspace.write('a');
    symlinkSync('a', join(workspace.root, 'inside'));
    symlinkSync(workspace.root, join(workspace.base, 'alias'));
    const { changed, problems } = await workspace.rescan({ root: join(workspace.base, 'alias') });
    expect([paths(changed), problems]).toEqual([['a', 'inside'], []]);
  });

  it('reports its progress', async () => {
    workspace.write('a', 'x'.repeat(10));
    let last = { files: 0, hashedBytes: 0 };
    await workspace.rescan({ onProgress: (progress) => (last = progress) });
    expect(last).toEqual({ files: 1, hashedBytes: 10 });
  });

  it('changes nothing if it is stopped', async () => {
    workspace.write('a');
    const stop = (): never => {
      throw new Error('stop');
    };
    await expect(workspace.rescan({ onProgress: stop })).rejects.toThrow('stop');
    expect(workspace.known.size).toBe(0);
  });
});

describe('a stored hash', () => {
  const fake = { hash: 'f'.repeat(64), racy: false };

  function hasFakeHash(path: string): boolean {
    return workspace.known.get(path)?.hash === fake.hash;
  }

  beforeEach(async () => {
    workspace.write('a', 'one');
    await workspace.rescan();
    workspace.known.set('a', { ...workspace.known.get('a')!, ...fake });
  });

  it('is trusted while the file is unchanged', async () => {
    await workspace.rescan();
    expect(hasFakeHash('a')).toBe(true);
  });

  it('is not trusted by a scan that verifies', async () => {
    await workspace.rescan({ verify: true });
    expect(hasFakeHash('a')).toBe(false);
  });

  it('is not trusted after a write of the same size that restores the mtime', async () => {
    const { mtime, atime } = lstatSync(join(workspace.root, 'a'));
    workspace.write('a', 'two');
    utimesSync(join(workspace.root, 'a'), atime, mtime);
    await workspace.rescan();
    expect(hasFakeHash('a')).toBe(false);
  });

  it('is not trusted for another file with the same size and times', async () => {
    workspace.write('b', 'two');
    const before = workspace.known.get('a')!;
    renameSync(join(workspace.root, 'b'), join(workspace.root, 'a'));
    const { mtimeNs, ctimeNs } = lstatSync(join(workspace.root, 'a'), { bigint: true });
    workspace.known.set('a', { ...before, mtimeNs, ctimeNs });
    await workspace.rescan();
    expect(hasFakeHash('a')).toBe(false);
  });

  it.each(['size', 'mtimeNs', 'ctimeNs', 'ino', 'dev', 'mode'] as const)(
    'is not trusted if %s differs',
    async (key) => {
      const before = workspace.known.get('a')!;
      workspace.known.set('a', { ...before, [key]: typeof before[key] === 'bigint' ? 1n : 1 });
      await workspace.rescan();
      expect(hasFakeHash('a')).toBe(false);
    },
  );

  it('is not trusted if the file is racy', async () => {
    workspace.known.set('a', { ...workspace.known.get('a')!, racy: true });
    await workspace.rescan();
    expect(hasFakeHash('a')).toBe(false);
  });

  it('is racy for a file that was just written, whatever its mtime is', async () => {
    utimesSync(join(workspace.root, 'a'), 1, 1);
    await workspace.rescan();
    expect(workspace.known.get('a')).toMatchObject({ mtimeNs: 1_000_000_000n, racy: true });
  });

  it('is not racy for a file that has not changed for long', async () => {
    // An old file. A hard link to it would change its ctime.
    const folder = dirname(process.execPath);
    const rules: Rule[] = [{ path: 'node', kind: 'file', effect: 'track' }];
    const old = new Map<string, Observation>();
    const scope = { rules, exclude: [], respectGitignore: false };
    const { changed } = await scan({
      ...workspace.defaults(),
      root: folder,
      storage: workspace.base,
      scope,
      known: old,
    });
    const stats = lstatSync(folder, { bigint: true });
    const sameDevice = stats.dev === lstatSync(workspace.base, { bigint: true }).dev;
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
    workspace.write('a', 'one');
    workspace.write('b', 'one');
    chmodSync(join(workspace.root, 'b'), 0o600);
    await workspace.rescan();
    workspace.known.set('a', { ...workspace.known.get('a')!, mode: 0o755 });
    workspace.write('a', 'two!');
    workspace.write('c');
    await workspace.rescan({ honorsModes: false });
    expect(Object.fromEntries([...workspace.known].map(([path, { mode }]) => [path, mode]))).toEqual({
      a: 0o755,
      b: 0o600,
      c: 0o644,
    });
  });
});

describe('a problem', () => {
  it('is a git folder, if nothing excludes it', async () => {
    for (const path of ['.git/config', 'module/.git', 'git~1', '.gitignore', 'notes']) workspace.write(path, 'x');
    const scope = { ...workspace.defaults().scope, exclude: [] };
    const { problems, changed } = await workspace.rescan({ scope });
    expect(problems.map(({ path, reason }) => `${reason} ${path}`).sort()).toEqual([
      'git-folder .git',
      'git-folder git~1',
      'git-folder module/.git',
    ]);
    expect(paths(changed)).toEqual(['.gitignore', 'notes']);
  });

  it('is a name that is not UTF-8; two such names are two problems', async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${workspace.root}/bad`), Buffer.from([0xff])]), 'content');
    writeFileSync(Buffer.concat([Buffer.from(`${workspace.root}/bad`), Buffer.from([0xfe])]), 'content');
    const { changed, problems } = await workspace.rescan();
    expect(changed).toEqual([]);
    expect(problems).toMatchObject(
      [
        { path: 'bad\\xfe', reason: 'name-not-utf8' },
        { path: 'bad\\xff', reason: 'name-not-utf8' },
      ].sort((a, b) => paths(problems).indexOf(a.path) - paths(problems).indexOf(b.path)),
    );
  });

  it('is a name with a backslash, of a file or a folder', async () => {
    workspace.write('a\\b');
    workspace.write('d\\e/f');
    const { problems } = await workspace.rescan();
    expect(problems.map(({ path, reason }) => `${reason} ${path}`).sort()).toEqual([
      'backslash a\\b',
      'backslash d\\e',
    ]);
  });

  it('is a pipe', async () => {
    execFileSync('mkfifo', [join(workspace.root, 'pipe')]);
    expect((await workspace.rescan()).problems).toMatchObject([{ path: 'pipe', reason: 'pipe' }]);
  });

  it.each([
    ['absolute', '/etc/passwd'],
    ['absolute, into the workspace folder', 'ROOT/a'],
    ['upwards', '../other'],
    ['out of it and back', '../ws/a'],
    ['out of it through a folder', 'sub/../../other'],
    ['out of it through another symlink', 'way/other'],
  ])('is a symlink out of the workspace folder: %s', async (_, target) => {
    workspace.write('sub/x');
    workspace.write('a');
    mkdirSync(join(workspace.base, 'other'));
    symlinkSync('..', join(workspace.root, 'way'));
    symlinkSync(target.replace('ROOT', workspace.root), join(workspace.root, 'link'));
    const { problems, changed } = await workspace.rescan();
    expect(problems).toContainEqual(expect.objectContaining({ path: 'link', reason: 'link-outside' }));
    expect(paths(changed)).not.toContain('link');
  });

  it.each(['a', './a', 'sub/../a', '.', 'nowhere/at/all', 'link', 'inner/x', '..a'])(
    'is not a symlink to %s',
    async (target) => {
      workspace.write('a');
      workspace.write('sub/x');
      symlinkSync('sub', join(workspace.root, 'inner'));
      symlinkSync(target, join(workspace.root, 'link'));
      const { problems, changed } = await workspace.rescan();
      expect(problems).toEqual([]);
      expect(paths(changed)).toContain('link');
    },
  );

  it('is an unchanged symlink whose target now leads out of the workspace folder', async () => {
    mkdirSync(join(workspace.root, 'way'));
    symlinkSync('way/x', join(workspace.root, 'link'));
    await workspace.rescan();
    makeNothingRacy();
    rmSync(join(workspace.root, 'way'), { recursive: true });
    symlinkSync('/etc', join(workspace.root, 'way'));
    const { problems, removed } = await workspace.rescan();
    expect(paths(problems)).toEqual(['link', 'way']);
    expect(removed).toEqual([]);
  });

  it('is a symlink with tracked paths below it, which is not followed', async () => {
    mkdirSync(join(workspace.base, 'other'));
    writeFileSync(join(workspace.base, 'other/x'), '');
    symlinkSync('../other', join(workspace.root, 'way'));
    workspace.rules = [{ path: 'way/x', kind: 'file', effect: 'track' }];
    expect(await workspace.rescan()).toMatchObject({
      changed: [],
      problems: [{ path: 'way', reason: 'link-as-folder' }],
    });
  });

  it('does not make an unreadable file look deleted', async () => {
    workspace.write('a');
    workspace.write('sub/b');
    workspace.write('sub/c');
    await workspace.rescan();
    makeNothingRacy();
    chmodSync(join(workspace.root, 'a'), 0);
    chmodSync(join(workspace.root, 'sub'), 0);
    for (const only of [undefined, ['a', 'sub/b', 'sub/c']]) {
      const { changed, removed, problems } = await asUser(() => workspace.rescan({ only, verify: true }));
      expect([changed, removed]).toEqual([[], []]);
      expect(problems.map(({ path, reason }) => `${reason} ${path}`).sort()).toEqual([
        'unreadable a',
        'unreadable sub',
      ]);
      expect(problems[0]?.with).toBe('EACCES');
    }
  });

  it('does not make a file look deleted that a pipe replaced', async () => {
    workspace.write('a');
    await workspace.rescan();
    rmSync(join(workspace.root, 'a'));
    execFileSync('mkfifo', [join(workspace.root, 'a')]);
    expect(await workspace.rescan()).toMatchObject({ removed: [], problems: [{ path: 'a' }] });
  });
});

it('observes hard links as separate files', async () => {
  workspace.write('a', 'one');
  linkSync(join(workspace.root, 'a'), join(workspace.root, 'b'));
  expect(paths((await workspace.rescan()).changed)).toEqual(['a', 'b']);
});
