import { fork } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../core/change';
import type { Entry } from '../../core/entry';
import type { Observation } from '../../core/observation';
import { sha256 } from '../fs/sha256';
import { observeFolder } from '../../../test/support/observeFolder';
import { applyChanges } from './applyChanges';
import type { ApplyRequest, ApplyResult } from './applyState';

let base: string;
let root: string;
let staging: string;
let backup: string;
let observations: Map<string, Observation>;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'palmtree-apply-'));
  root = join(base, 'ws');
  staging = join(base, 'staging');
  backup = join(base, 'backup');
  observations = new Map();
  for (const folder of [root, staging]) mkdirSync(folder);
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

function write(folder: string, path: string, content: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

function entry(path: string, content: string, mode = 0o644): Entry {
  const size = Buffer.byteLength(content);
  return { path, kind: 'file', size, mtimeNs: 1_700_000_000_123_456_789n, mode, hash: sha256(content) };
}

function link(path: string, target: string): Entry {
  return { ...entry(path, target, 0o777), kind: 'symlink', target };
}

function scan(): void {
  observations = observeFolder(root, () => true);
}

/** Stages `content` and returns the change that puts it. */
function put(path: string, content: string, mode?: number): Change {
  write(staging, path, content);
  return { path, from: observations.get(path), to: entry(path, content, mode) };
}

function putLink(path: string, target: string): Change {
  return { path, from: observations.get(path), to: link(path, target) };
}

function remove(path: string): Change {
  return { path, from: observations.get(path), to: undefined };
}

function apply(changes: Change[], options: Partial<ApplyRequest> = {}): Promise<ApplyResult> {
  return applyChanges({ root, staging, backup, changes, observations, ...options });
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function backedUp(path: string): string {
  return readFileSync(join(backup, path), 'utf8');
}

function skippedReasons({ skipped }: ApplyResult): Record<string, string> {
  return Object.fromEntries(skipped.map(({ path, reason }) => [path, reason]));
}

/** All names below `folder`, at any depth. Names of folders end with a slash. Symlinks are not followed. */
function names(folder: string): string[] {
  const below = readdirSync(folder, { withFileTypes: true }).flatMap((one) => {
    if (!one.isDirectory()) return [one.name];
    return [`${one.name}/`, ...names(join(folder, one.name)).map((name) => `${one.name}/${name}`)];
  });
  return below.sort();
}

describe('many new files', () => {
  const path = process.env['PATH'] ?? '';
  afterEach(() => {
    process.env['PATH'] = path;
  });

  /** A `sync` command that records the names in the workspace folder and the attributes of the staged files. */
  function fakeSync(code: number): void {
    const script = `#!/bin/sh
      PATH=/usr/bin:/bin
      (cd '${root}' && find . -type f) > '${base}/files-at-sync'
      (cd '${staging}' && find . -type f -exec stat -c '%n %a %Y' {} +) | sort > '${base}/staged'
      exit ${code}
    `;
    write(base, 'bin/sync', script);
    chmodSync(join(base, 'bin/sync'), 0o755);
    process.env['PATH'] = join(base, 'bin');
  }

  const modes = [0o644, 0o600, 0o755, 0o444];
  const many = Array.from({ length: 40 }, (_, number) => ({
    path: `d${number % 3}/f${number}`,
    mode: modes[number % 4],
  }));

  function expectAll(result: ApplyResult): void {
    expect(skippedReasons(result)).toEqual({});
    for (const { path, mode } of many) {
      const stats = lstatSync(join(root, path));
      expect([read(path), stats.mode & 0o777, Math.floor(stats.mtimeMs / 1000)]).toEqual([path, mode, 1_700_000_000]);
    }
    expect(names(root).filter((name) => !name.endsWith('/'))).toHaveLength(many.length);
  }

  it('are complete and flushed before the first one gets its name', async () => {
    fakeSync(0);
    const result = await apply(many.map(({ path, mode }) => put(path, path, mode)));
    expect(readFileSync(join(base, 'files-at-sync'), 'utf8')).toBe('');
    const staged = many.map(({ path, mode = 0 }) => `./${path} ${mode.toString(8)} 1700000000`).sort();
    expect(readFileSync(join(base, 'staged'), 'utf8').trim().split('\n').sort()).toEqual(staged);
    expectAll(result);
  });

  it('are flushed one by one if the file system cannot be flushed at once', async () => {
    fakeSync(1);
    expectAll(await apply(many.map(({ path, mode }) => put(path, path, mode))));
    for (const { path } of many) rmSync(join(root, path));
    process.env['PATH'] = join(base, 'none');
    expectAll(await apply(many.map(({ path, mode }) => put(path, path, mode))));
  });
});

describe('applyChanges', () => {
  it('puts new files with their content, mode and mtime, and creates their folders', async () => {
    const result = await apply([put('a/b/c.txt', 'hello', 0o640), put('run', '#!', 0o755), put('empty', '')]);
    expect(skippedReasons(result)).toEqual({});
    expect([read('a/b/c.txt'), read('run'), read('empty')]).toEqual(['hello', '#!', '']);
    const stats = lstatSync(join(root, 'a/b/c.txt'), { bigint: true });
    expect(stats.mode & 0o777n).toBe(0o640n);
    const drift = stats.mtimeNs - 1_700_000_000_123_456_789n;
    expect(Number(drift < 0n ? -drift : drift)).toBeLessThan(1_000);
    expect(lstatSync(join(root, 'run')).mode & 0o777).toBe(0o755);
    expect(names(root)).toEqual(['a/', 'a/b/', 'a/b/c.txt', 'empty', 'run']);
    expect(existsSync(backup)).toBe(false);
  });

  it('returns observations that the next scan confirms', async () => {
    const changes = [put('a', 'hello', 0o600), putLink('l', 'a')];
    const { written } = await apply(changes);
    expect(written).toMatchObject([
      { path: 'a', racy: true, hash: changes[0]?.to?.hash, mode: 0o600 },
      { path: 'l', racy: true, target: 'a' },
    ]);
    observations = new Map(written.map((one) => [one.path, one]));
    const before = [...observations.values()];
    scan();
    expect([...observations.values()]).toEqual(before);
  });

  it('replaces a file and backs up the old one', async () => {
    write(root, 'd/a', 'old');
    chmodSync(join(root, 'd/a'), 0o600);
    scan();
    expect(skippedReasons(await apply([put('d/a', 'new')]))).toEqual({});
    expect([read('d/a'), backedUp('d/a')]).toEqual(['new', 'old']);
    expect(lstatSync(join(root, 'd/a')).mode & 0o777).toBe(0o644);
    expect(names(root)).toEqual(['d/', 'd/a']);
  });

  it('deletes files, backs them up, and removes the emptied folders', async () => {
    for (const path of ['a/b/one', 'a/b/two', 'a/c', 'x/y/z']) write(root, path, path);
    scan();
    const changes = [remove('a/b/one'), remove('a/b/two'), remove('x/y/z')];
    const result = await apply(changes, { keepsEmptyFolder: (path) => path === 'x' });
    expect([...result.removed].sort()).toEqual(['a/b/one', 'a/b/two', 'x/y/z']);
    expect(names(root)).toEqual(['a/', 'a/c', 'x/']);
    expect(names(backup)).toEqual(['a/', 'a/b/', 'a/b/one', 'a/b/two', 'x/', 'x/y/', 'x/y/z']);
  });

  it('reports a file that is already gone as removed', async () => {
    write(root, 'a/b', 'x');
    scan();
    rmSync(join(root, 'a'), { recursive: true });
    expect(await apply([remove('a/b')])).toMatchObject({ removed: ['a/b'], skipped: [] });
  });

  it('creates, changes and deletes symlinks, and replaces files and symlinks with each other', async () => {
    symlinkSync('old', join(root, 'l'));
    symlinkSync('old', join(root, 'gone'));
    symlinkSync('old', join(root, 'tofile'));
    write(root, 'tolink', 'text');
    scan();
    const changes = [
      putLink('l', 'new'),
      remove('gone'),
      put('tofile', 'x'),
      putLink('tolink', 'l'),
      putLink('n', '.'),
    ];
    expect(skippedReasons(await apply(changes))).toEqual({});
    expect([readlinkSync(join(root, 'l')), readlinkSync(join(root, 'tolink'))]).toEqual(['new', 'l']);
    expect(read('tofile')).toBe('x');
    expect(names(root)).toEqual(['l', 'n', 'tofile', 'tolink']);
    expect(readlinkSync(join(backup, 'gone'))).toBe('old');
    expect(backedUp('tolink')).toBe('text');
  });

  it('changes only the mode in place, without staged content', async () => {
    write(root, 'a', 'x');
    scan();
    const { ino } = lstatSync(join(root, 'a'));
    const result = await apply([{ path: 'a', from: observations.get('a'), to: entry('a', 'x', 0o755) }]);
    expect(result).toMatchObject({ written: [{ path: 'a', mode: 0o755 }], skipped: [] });
    expect(lstatSync(join(root, 'a'))).toMatchObject({ ino, mode: 0o100755 });
  });

  it('replaces a folder with a file, and a file with a folder', async () => {
    write(root, 'a/b/c', '1');
    write(root, 'f', '2');
    scan();
    mkdirSync(join(root, 'a/empty/er'), { recursive: true });
    const result = await apply([remove('a/b/c'), put('a', 'file'), remove('f'), put('f/g/h', 'deep')]);
    expect(skippedReasons(result)).toEqual({});
    expect([read('a'), read('f/g/h'), backedUp('a/b/c'), backedUp('f')]).toEqual(['file', 'deep', '1', '2']);
  });

  it('writes names of 255 bytes, and names that look like options', async () => {
    const long = 'é'.repeat(127) + 'x';
    expect(skippedReasons(await apply([put(long, 'long'), put('-rf', 'dash'), put('a\nb', 'line')]))).toEqual({});
    expect([read(long), read('-rf'), read('a\nb')]).toEqual(['long', 'dash', 'line']);
  });

  it('removes the temporary files of killed processes, and nothing else', async () => {
    write(root, 'd/.palmtree-999999999-0f8fad5b-d9cb-469f-a165-70867728950e.tmp', 'dead');
    write(root, `d/.palmtree-${process.pid}-0f8fad5b-d9cb-469f-a165-70867728950e.tmp`, 'alive');
    await apply([put('d/a', 'x')]);
    expect(names(root)).toEqual(['d/', `d/.palmtree-${process.pid}-0f8fad5b-d9cb-469f-a165-70867728950e.tmp`, 'd/a']);
  });

  it('never overwrites a file in a backup', async () => {
    write(root, 'a', 'second');
    write(backup, 'a', 'first');
    scan();
    await apply([put('a', 'third')]);
    expect(backedUp('a')).toBe('first');
    expect(readFileSync(join(`${backup}.2`, 'a'), 'utf8')).toBe('second');
  });
});

describe('a path is skipped, and stays untouched,', () => {
  function expectUntouched(path: string, content: string): void {
    expect(read(path)).toBe(content);
    const left = names(base).filter((name) => name.endsWith('.tmp'));
    expect(left).toEqual([]);
  }

  it.each([
    ['was edited', () => write(root, 'a', 'newer')],
    ['was edited at the same size', () => write(root, 'a', 'OLD')],
    [
      'was replaced by an equal file',
      () => {
        rmSync(join(root, 'a'));
        write(root, 'a', 'old');
      },
    ],
    ['got another mode', () => chmodSync(join(root, 'a'), 0o600)],
  ])('when it %s since the scan', async (_, edit) => {
    write(root, 'a', 'old');
    scan();
    // Not racy: the stats alone must reveal the change.
    observations.set('a', { ...observations.get('a')!, racy: false });
    edit();
    const content = read('a');
    expect(skippedReasons(await apply([put('a', 'new')]))).toEqual({ a: 'changed' });
    expect(skippedReasons(await apply([remove('a')]))).toEqual({ a: 'changed' });
    expectUntouched('a', content);
    expect(existsSync(backup)).toBe(false);
  });

  it('when it is racy, is large, and was written in its last byte', async () => {
    const size = 200 << 20;
    const sparse = (last: string): void => {
      const file = openSync(join(root, 'big'), 'w');
      writeSync(file, last, size - 1);
      closeSync(file);
    };
    sparse('x');
    scan();
    const seen = observations.get('big')!;
    const changes = [put('big', 'new')];
    // A mtime in the future keeps the observation racy.
    observations.set('big', { ...seen, racy: true });
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    expect((await apply(changes)).skipped).toEqual([]);
    clearInterval(timer);
    expect(read('big')).toBe('new');
    // The event loop went on while the file was hashed.
    expect(ticks).toBeGreaterThan(10);
    sparse('y');
    scan();
    observations.set('big', { ...observations.get('big')!, hash: seen.hash, racy: true });
    expect(skippedReasons(await apply([put('big', 'newer')]))).toEqual({ big: 'changed' });
  });

  it('when it is racy and its content has changed', async () => {
    write(root, 'a', 'NEW');
    scan();
    observations.set('a', { ...observations.get('a')!, hash: entry('a', 'old').hash, racy: true });
    expect(skippedReasons(await apply([put('a', 'new')]))).toEqual({ a: 'changed' });
    expectUntouched('a', 'NEW');
  });

  it('when a file was created at its path since the scan', async () => {
    const changes = [put('a', 'theirs'), put('d/b', 'theirs'), putLink('l', 'a')];
    write(root, 'a', 'mine');
    write(root, 'd/b', 'mine');
    symlinkSync('mine', join(root, 'l'));
    expect(skippedReasons(await apply(changes))).toEqual({ a: 'changed', 'd/b': 'changed', l: 'changed' });
    expectUntouched('a', 'mine');
    expectUntouched('d/b', 'mine');
    expect(readlinkSync(join(root, 'l'))).toBe('mine');
  });

  it('when it was deleted here since the scan', async () => {
    write(root, 'a', 'old');
    scan();
    rmSync(join(root, 'a'));
    expect(skippedReasons(await apply([put('a', 'new')]))).toEqual({ a: 'changed' });
    expect(names(root)).toEqual([]);
  });

  it('when it was never observed', async () => {
    write(root, 'a', 'old');
    expect(skippedReasons(await apply([{ path: 'a', from: entry('a', 'old'), to: undefined }]))).toEqual({
      a: 'changed',
    });
    expectUntouched('a', 'old');
  });

  it('when an editor has unsaved edits to it, even if they begin after the first check', async () => {
    write(root, 'a', 'old');
    scan();
    const hasUnsavedEdits = (path: string): boolean => path === 'a';
    const result = await apply([put('a', 'new'), put('b', 'new')], { hasUnsavedEdits });
    expect(skippedReasons(result)).toEqual({ a: 'unsaved' });
    let checks = 0;
    const later = await apply([put('a', 'new')], { hasUnsavedEdits: () => ++checks > 1 });
    expect(skippedReasons(later)).toEqual({ a: 'unsaved' });
    expectUntouched('a', 'old');
    expect(read('b')).toBe('new');
  });

  it('when a symlink replaces its folder while other files are deleted', async () => {
    for (const name of ['a', 'b', 'c']) write(root, `d/${name}`, name);
    scan();
    let moved = false;
    const result = await apply([remove('d/a'), remove('d/b'), remove('d/c')], {
      onProgress: () => {
        if (moved) return;
        moved = true;
        renameSync(join(root, 'd'), join(base, 'elsewhere'));
        symlinkSync(join(base, 'elsewhere'), join(root, 'd'));
      },
    });
    expect(skippedReasons(result)).toEqual({ 'd/a': 'blocked', 'd/b': 'blocked' });
    expect(readdirSync(join(base, 'elsewhere')).sort()).toEqual(['a', 'b']);
  });

  it('when a folder above it is a symlink or a file', async () => {
    mkdirSync(join(base, 'outside'));
    symlinkSync('../outside', join(root, 'link'));
    write(root, 'file', 'mine');
    const result = await apply([put('link/a', 'x'), put('link/b/c', 'x'), put('file/a', 'x'), put('fine', 'x')]);
    expect(skippedReasons(result)).toEqual({ 'link/a': 'blocked', 'link/b/c': 'blocked', 'file/a': 'blocked' });
    expect(names(join(base, 'outside'))).toEqual([]);
    write(join(base, 'outside'), 'a', 'precious');
    expect(skippedReasons(await apply([{ path: 'link/a', from: entry('link/a', 'precious'), to: undefined }]))).toEqual(
      {
        'link/a': 'blocked',
      },
    );
    expect(readFileSync(join(base, 'outside/a'), 'utf8')).toBe('precious');
  });

  it('when a folder with an untracked file is at its path', async () => {
    write(root, 'a/tracked', '1');
    scan();
    write(root, 'a/deep/untracked', '2');
    const result = await apply([remove('a/tracked'), put('a', 'file')]);
    expect([skippedReasons(result), result.removed]).toEqual([{ a: 'occupied' }, ['a/tracked']]);
    expectUntouched('a/deep/untracked', '2');
  });

  it('when some disk takes its folder for a git folder', async () => {
    const paths = ['.git/hooks/pre-commit', 'notes/.GIT/config', '.git /config', '.g\u200cit'];
    const result = await apply(paths.map((path) => put(path, 'x')));
    expect(skippedReasons(result)).toEqual(Object.fromEntries(paths.map((path) => [path, 'unsafe'])));
    expect(names(root)).toEqual([]);
  });

  it('when its path or its symlink’s target leads out of the workspace folder', async () => {
    const changes = [
      { path: '../evil', from: undefined, to: entry('../evil', 'x') },
      { path: '/tmp/evil', from: undefined, to: entry('/tmp/evil', 'x') },
      putLink('up', '../..'),
      putLink('abs', '/etc'),
    ];
    expect(Object.values(skippedReasons(await apply(changes)))).toEqual(['unsafe', 'unsafe', 'unsafe', 'unsafe']);
    expect(names(root)).toEqual([]);
  });

  it('when its content was not staged', async () => {
    write(root, 'a', 'old');
    scan();
    const change = put('a', 'new');
    rmSync(join(staging, 'a'));
    expect(skippedReasons(await apply([change]))).toEqual({ a: 'missing' });
    write(staging, 'a', 'other size');
    expect(skippedReasons(await apply([change]))).toEqual({ a: 'missing' });
    expectUntouched('a', 'old');
  });

  it('when a system call fails, with its error code', async () => {
    write(root, 'a', 'old');
    scan();
    write(base, 'file', 'no folder can be created in this');
    const changes = [put('a', 'new'), put('b', 'new')];
    const result = await apply(changes, { backup: join(base, 'file/backup') });
    expect(result.skipped).toMatchObject([{ path: 'a', reason: 'failed', errno: expect.any(String) }]);
    expectUntouched('a', 'old');
    expect(read('b')).toBe('new');
  });

  it('when the pull is cancelled before it is applied', async () => {
    write(root, 'gone', 'x');
    scan();
    const controller = new AbortController();
    const changes = [remove('gone'), ...Array.from({ length: 30 }, (_, i) => put(`f${i}`, 'x'))];
    const result = await apply(changes, {
      signal: controller.signal,
      onProgress: (done) => {
        if (done > 1) controller.abort();
      },
    });
    expect(result.removed).toEqual(['gone']);
    expect(result.written.length).toBeGreaterThan(0);
    expect(result.skipped.length + result.written.length).toBe(30);
    expect(new Set(Object.values(skippedReasons(result)))).toEqual(new Set(['cancelled']));
    expect(names(root)).toEqual(result.written.map(({ path }) => path).sort());
  });
});

describe('a backup', () => {
  it.runIf(existsSync('/dev/shm'))('is a copy if it is on another device', async () => {
    const elsewhere = mkdtempSync('/dev/shm/palmtree-backup-');
    try {
      for (let i = 0; i < 20; i++) write(root, `d/a${i}`, `old ${i}`);
      scan();
      const changes = [...observations.keys()].map((path, i) => (i % 2 === 0 ? put(path, 'new') : remove(path)));
      expect(skippedReasons(await apply(changes, { backup: join(elsewhere, 'b') }))).toEqual({});
      expect(names(join(elsewhere, 'b'))).toHaveLength(21);
      expect(readFileSync(join(elsewhere, 'b/d/a7'), 'utf8')).toBe('old 7');
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });
});

describe('a staging folder on another device', () => {
  it.runIf(existsSync('/dev/shm'))('has its files copied', async () => {
    const elsewhere = mkdtempSync('/dev/shm/palmtree-staging-');
    try {
      write(elsewhere, 'a', 'new');
      const result = await apply([{ path: 'a', from: undefined, to: entry('a', 'new', 0o600) }], {
        staging: elsewhere,
      });
      expect(skippedReasons(result)).toEqual({});
      expect(read('a')).toBe('new');
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });
});

describe('a pull that is killed', () => {
  const source = `
    import { readFileSync } from 'node:fs';
    import { applyChanges } from './applyChanges';
    const revive = (key, value) => (/^(mtimeNs|dev|ino|ctimeNs)$/.test(key) ? BigInt(value) : value);
    const request = JSON.parse(readFileSync(process.argv[2], 'utf8'), revive);
    request.observations = new Map(request.observations);
    request.onProgress = (done) => process.send(done);
    applyChanges(request);
  `;

  it('leaves each path old or new and complete, and can be repeated', { timeout: 60_000 }, async () => {
    const script = join(base, 'child.cjs');
    await build({
      stdin: { contents: source, resolveDir: import.meta.dirname, loader: 'ts' },
      bundle: true,
      platform: 'node',
      outfile: script,
      logLevel: 'silent',
    });
    const [old, fresh] = ['o'.repeat(50_000), 'n'.repeat(60_000)];
    for (let kill = 0; kill < 5; kill++) {
      for (let i = 0; i < 60; i++) write(root, `d${i % 3}/f${i}`, old);
      scan();
      const plan = (): Change[] =>
        Array.from({ length: 60 }, (_, i) => `d${i % 3}/f${i}`)
          .filter((path) => observations.get(path)?.size === old.length)
          .map((path, i) => (i % 4 === 0 ? remove(path) : put(path, fresh)));
      const request = { root, staging, backup: `${backup}-${kill}`, changes: plan(), observations: [...observations] };
      const file = join(base, 'request.json');
      writeFileSync(
        file,
        JSON.stringify(request, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
      );
      const child = fork(script, [file]);
      child.on('message', (done: number) => {
        if (done >= 5 + 10 * kill) child.kill('SIGKILL');
      });
      await once(child, 'exit');
      for (const name of names(root).filter((name) => !name.endsWith('/') && !name.endsWith('.tmp'))) {
        expect([old, fresh]).toContain(read(name));
      }
      scan();
      expect(skippedReasons(await apply(plan(), { backup: `${backup}-again-${kill}` }))).toEqual({});
      const left = names(root).filter((name) => !name.endsWith('/'));
      expect(new Set(left.map((name) => read(name).length))).toEqual(new Set([fresh.length]));
      observations = new Map();
      for (const folder of [root, staging]) rmSync(folder, { recursive: true });
      for (const folder of [root, staging]) mkdirSync(folder);
    }
  });
});
