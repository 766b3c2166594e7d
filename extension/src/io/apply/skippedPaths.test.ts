import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyFixture, entry, names, skippedReasons, write } from '../../../test/support/applyFixture';

const fixture = applyFixture();
const { put, putLink, deletion, scan, apply, read } = fixture;

describe('a path is skipped, and stays untouched,', () => {
  function expectUntouched(path: string, content: string): void {
    expect(read(path)).toBe(content);
    const left = names(fixture.base).filter((name) => name.endsWith('.tmp'));
    expect(left).toEqual([]);
  }

  it.each([
    ['was edited', () => write(fixture.root, 'a', 'newer')],
    ['was edited at the same size', () => write(fixture.root, 'a', 'OLD')],
    [
      'was replaced by an equal file',
      () => {
        rmSync(join(fixture.root, 'a'));
        write(fixture.root, 'a', 'old');
      },
    ],
    ['got another mode', () => chmodSync(join(fixture.root, 'a'), 0o600)],
  ])('when it %s since the scan', async (_, edit) => {
    write(fixture.root, 'a', 'old');
    scan();
    // Not racy: the stats alone must reveal the change.
    fixture.observations.set('a', { ...fixture.observations.get('a')!, racy: false });
    edit();
    const content = read('a');
    expect(skippedReasons(await apply([put('a', 'new')]))).toEqual({ a: 'changed' });
    expect(skippedReasons(await apply([deletion('a')]))).toEqual({ a: 'changed' });
    expectUntouched('a', content);
    expect(existsSync(fixture.backup)).toBe(false);
  });

  it('when it is racy, is large, and was written in its last byte', async () => {
    const size = 200 << 20;
    const sparse = (last: string): void => {
      const file = openSync(join(fixture.root, 'big'), 'w');
      writeSync(file, last, size - 1);
      closeSync(file);
    };
    sparse('x');
    scan();
    const seen = fixture.observations.get('big')!;
    const changes = [put('big', 'new')];
    // A mtime in the future keeps the observation racy.
    fixture.observations.set('big', { ...seen, racy: true });
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    expect((await apply(changes)).skipped).toEqual([]);
    clearInterval(timer);
    expect(read('big')).toBe('new');
    // The event loop went on while the file was hashed.
    expect(ticks).toBeGreaterThan(10);
    sparse('y');
    scan();
    fixture.observations.set('big', { ...fixture.observations.get('big')!, hash: seen.hash, racy: true });
    expect(skippedReasons(await apply([put('big', 'newer')]))).toEqual({ big: 'changed' });
  });

  it('when it is racy and its content has changed', async () => {
    write(fixture.root, 'a', 'NEW');
    scan();
    fixture.observations.set('a', { ...fixture.observations.get('a')!, hash: entry('a', 'old').hash, racy: true });
    expect(skippedReasons(await apply([put('a', 'new')]))).toEqual({ a: 'changed' });
    expectUntouched('a', 'NEW');
  });

  it('when a file was created at its path since the scan', async () => {
    const changes = [put('a', 'theirs'), put('d/b', 'theirs'), putLink('l', 'a')];
    write(fixture.root, 'a', 'mine');
    write(fixture.root, 'd/b', 'mine');
    symlinkSync('mine', join(fixture.root, 'l'));
    expect(skippedReasons(await apply(changes))).toEqual({ a: 'changed', 'd/b': 'changed', l: 'changed' });
    expectUntouched('a', 'mine');
    expectUntouched('d/b', 'mine');
    expect(readlinkSync(join(fixture.root, 'l'))).toBe('mine');
  });

  it('when it was deleted here since the scan', async () => {
    write(fixture.root, 'a', 'old');
    scan();
    rmSync(join(fixture.root, 'a'));
    expect(skippedReasons(await apply([put('a', 'new')]))).toEqual({ a: 'changed' });
    expect(names(fixture.root)).toEqual([]);
  });

  it('when it was never observed', async () => {
    write(fixture.root, 'a', 'old');
    expect(skippedReasons(await apply([{ path: 'a', from: entry('a', 'old'), to: undefined }]))).toEqual({
      a: 'changed',
    });
    expectUntouched('a', 'old');
  });

  it('when an editor has unsaved edits to it, even if they begin after the first check', async () => {
    write(fixture.root, 'a', 'old');
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
    for (const name of ['a', 'b', 'c']) write(fixture.root, `d/${name}`, name);
    scan();
    let moved = false;
    const result = await apply([deletion('d/a'), deletion('d/b'), deletion('d/c')], {
      onProgress: () => {
        if (moved) return;
        moved = true;
        renameSync(join(fixture.root, 'd'), join(fixture.base, 'elsewhere'));
        symlinkSync(join(fixture.base, 'elsewhere'), join(fixture.root, 'd'));
      },
    });
    expect(skippedReasons(result)).toEqual({ 'd/a': 'blocked', 'd/b': 'blocked' });
    expect(readdirSync(join(fixture.base, 'elsewhere')).sort()).toEqual(['a', 'b']);
  });

  it('when a folder above it is a symlink or a file', async () => {
    mkdirSync(join(fixture.base, 'outside'));
    symlinkSync('../outside', join(fixture.root, 'link'));
    write(fixture.root, 'file', 'mine');
    const result = await apply([put('link/a', 'x'), put('link/b/c', 'x'), put('file/a', 'x'), put('fine', 'x')]);
    expect(skippedReasons(result)).toEqual({ 'link/a': 'blocked', 'link/b/c': 'blocked', 'file/a': 'blocked' });
    expect(names(join(fixture.base, 'outside'))).toEqual([]);
    write(join(fixture.base, 'outside'), 'a', 'precious');
    expect(skippedReasons(await apply([{ path: 'link/a', from: entry('link/a', 'precious'), to: undefined }]))).toEqual(
      {
        'link/a': 'blocked',
      },
    );
    expect(readFileSync(join(fixture.base, 'outside/a'), 'utf8')).toBe('precious');
  });

  it('when a folder with an untracked file is at its path', async () => {
    write(fixture.root, 'a/tracked', '1');
    scan();
    write(fixture.root, 'a/deep/untracked', '2');
    const result = await apply([deletion('a/tracked'), put('a', 'file')]);
    expect([skippedReasons(result), result.removed]).toEqual([{ a: 'occupied' }, ['a/tracked']]);
    expectUntouched('a/deep/untracked', '2');
  });

  it('when some disk takes its folder for a git folder', async () => {
    const paths = ['.git/hooks/pre-commit', 'notes/.GIT/config', '.git /config', '.g\u200cit'];
    const result = await apply(paths.map((path) => put(path, 'x')));
    expect(skippedReasons(result)).toEqual(Object.fromEntries(paths.map((path) => [path, 'unsafe'])));
    expect(names(fixture.root)).toEqual([]);
  });

  it('when its path or its symlink’s target leads out of the workspace folder', async () => {
    const changes = [
      { path: '../evil', from: undefined, to: entry('../evil', 'x') },
      { path: '/tmp/evil', from: undefined, to: entry('/tmp/evil', 'x') },
      putLink('up', '../..'),
      putLink('abs', '/etc'),
    ];
    expect(Object.values(skippedReasons(await apply(changes)))).toEqual(['unsafe', 'unsafe', 'unsafe', 'unsafe']);
    expect(names(fixture.root)).toEqual([]);
  });

  it('when its content was not staged', async () => {
    write(fixture.root, 'a', 'old');
    scan();
    const change = put('a', 'new');
    rmSync(join(fixture.staging, 'a'));
    expect(skippedReasons(await apply([change]))).toEqual({ a: 'missing' });
    write(fixture.staging, 'a', 'other size');
    expect(skippedReasons(await apply([change]))).toEqual({ a: 'missing' });
    expectUntouched('a', 'old');
  });

  it('when a system call fails, with its error code', async () => {
    write(fixture.root, 'a', 'old');
    scan();
    write(fixture.base, 'file', 'no folder can be created in this');
    const changes = [put('a', 'new'), put('b', 'new')];
    const result = await apply(changes, { backup: join(fixture.base, 'file/backup') });
    expect(result.skipped).toMatchObject([{ path: 'a', reason: 'failed', errno: expect.any(String) }]);
    expectUntouched('a', 'old');
    expect(read('b')).toBe('new');
  });

  it('when the pull is cancelled before it is applied', async () => {
    write(fixture.root, 'gone', 'x');
    scan();
    const controller = new AbortController();
    const changes = [deletion('gone'), ...Array.from({ length: 30 }, (_, i) => put(`f${i}`, 'x'))];
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
    expect(names(fixture.root)).toEqual(result.written.map(({ path }) => path).sort());
  });
});
