import { fork } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, describe, expect, it } from 'vitest';
import { applyFixture, entry, names, skippedReasons, write } from '../../../test/support/applyFixture';
import type { Change } from '../../core/change';
import type { ApplyResult } from './applyState';

const fixture = applyFixture();
const { put, putLink, deletion, scan, apply, read, backedUp } = fixture;

describe('many new files', () => {
  const path = process.env['PATH'] ?? '';
  afterEach(() => {
    process.env['PATH'] = path;
  });

  /** A `sync` command that records the names in the workspace folder and the attributes of the staged files. */
  function fakeSync(code: number): void {
    const script = `#!/bin/sh
      PATH=/usr/bin:/bin
      (cd '${fixture.root}' && find . -type f) > '${fixture.base}/files-at-sync'
      (cd '${fixture.staging}' && find . -type f -exec stat -c '%n %a %Y' {} +) | sort > '${fixture.base}/staged'
      exit ${code}
    `;
    write(fixture.base, 'bin/sync', script);
    chmodSync(join(fixture.base, 'bin/sync'), 0o755);
    process.env['PATH'] = join(fixture.base, 'bin');
  }

  const modes = [0o644, 0o600, 0o755, 0o444];
  const many = Array.from({ length: 40 }, (_, number) => ({
    path: `d${number % 3}/f${number}`,
    mode: modes[number % 4],
  }));

  function expectAll(result: ApplyResult): void {
    expect(skippedReasons(result)).toEqual({});
    for (const { path, mode } of many) {
      const stats = lstatSync(join(fixture.root, path));
      expect([read(path), stats.mode & 0o777, Math.floor(stats.mtimeMs / 1000)]).toEqual([path, mode, 1_700_000_000]);
    }
    expect(names(fixture.root).filter((name) => !name.endsWith('/'))).toHaveLength(many.length);
  }

  it('are complete and flushed before the first one gets its name', async () => {
    fakeSync(0);
    const result = await apply(many.map(({ path, mode }) => put(path, path, mode)));
    expect(readFileSync(join(fixture.base, 'files-at-sync'), 'utf8')).toBe('');
    const staged = many.map(({ path, mode = 0 }) => `./${path} ${mode.toString(8)} 1700000000`).sort();
    expect(readFileSync(join(fixture.base, 'staged'), 'utf8').trim().split('\n').sort()).toEqual(staged);
    expectAll(result);
  });

  it('are flushed one by one if the file system cannot be flushed at once', async () => {
    fakeSync(1);
    expectAll(await apply(many.map(({ path, mode }) => put(path, path, mode))));
    for (const { path } of many) rmSync(join(fixture.root, path));
    process.env['PATH'] = join(fixture.base, 'none');
    expectAll(await apply(many.map(({ path, mode }) => put(path, path, mode))));
  });
});

describe('applyChanges', () => {
  it('puts new files with their content, mode and mtime, and creates their folders', async () => {
    const result = await apply([put('a/b/c.txt', 'hello', 0o640), put('run', '#!', 0o755), put('empty', '')]);
    expect(skippedReasons(result)).toEqual({});
    expect([read('a/b/c.txt'), read('run'), read('empty')]).toEqual(['hello', '#!', '']);
    const stats = lstatSync(join(fixture.root, 'a/b/c.txt'), { bigint: true });
    expect(stats.mode & 0o777n).toBe(0o640n);
    const drift = stats.mtimeNs - 1_700_000_000_123_456_789n;
    expect(Number(drift < 0n ? -drift : drift)).toBeLessThan(1_000);
    expect(lstatSync(join(fixture.root, 'run')).mode & 0o777).toBe(0o755);
    expect(names(fixture.root)).toEqual(['a/', 'a/b/', 'a/b/c.txt', 'empty', 'run']);
    expect(existsSync(fixture.backup)).toBe(false);
  });

  it('returns observations that the next scan confirms', async () => {
    const changes = [put('a', 'hello', 0o600), putLink('l', 'a')];
    const { written } = await apply(changes);
    expect(written).toMatchObject([
      { path: 'a', racy: true, hash: changes[0]?.to?.hash, mode: 0o600 },
      { path: 'l', racy: true, target: 'a' },
    ]);
    fixture.observations = new Map(written.map((one) => [one.path, one]));
    const before = [...fixture.observations.values()];
    scan();
    expect([...fixture.observations.values()]).toEqual(before);
  });

  it('replaces a file and backs up the old one', async () => {
    write(fixture.root, 'd/a', 'old');
    chmodSync(join(fixture.root, 'd/a'), 0o600);
    scan();
    expect(skippedReasons(await apply([put('d/a', 'new')]))).toEqual({});
    expect([read('d/a'), backedUp('d/a')]).toEqual(['new', 'old']);
    expect(lstatSync(join(fixture.root, 'd/a')).mode & 0o777).toBe(0o644);
    expect(names(fixture.root)).toEqual(['d/', 'd/a']);
  });

  it('deletes files, backs them up, and removes the emptied folders', async () => {
    for (const path of ['a/b/one', 'a/b/two', 'a/c', 'x/y/z']) write(fixture.root, path, path);
    scan();
    const changes = [deletion('a/b/one'), deletion('a/b/two'), deletion('x/y/z')];
    const result = await apply(changes, { keepsEmptyFolder: (path) => path === 'x' });
    expect([...result.removed].sort()).toEqual(['a/b/one', 'a/b/two', 'x/y/z']);
    expect(names(fixture.root)).toEqual(['a/', 'a/c', 'x/']);
    expect(names(fixture.backup)).toEqual(['a/', 'a/b/', 'a/b/one', 'a/b/two', 'x/', 'x/y/', 'x/y/z']);
  });

  it('reports a file that is already gone as removed', async () => {
    write(fixture.root, 'a/b', 'x');
    scan();
    rmSync(join(fixture.root, 'a'), { recursive: true });
    expect(await apply([deletion('a/b')])).toMatchObject({ removed: ['a/b'], skipped: [] });
  });

  it('creates, changes and deletes symlinks, and replaces files and symlinks with each other', async () => {
    symlinkSync('old', join(fixture.root, 'l'));
    symlinkSync('old', join(fixture.root, 'gone'));
    symlinkSync('old', join(fixture.root, 'tofile'));
    write(fixture.root, 'tolink', 'text');
    scan();
    const changes = [
      putLink('l', 'new'),
      deletion('gone'),
      put('tofile', 'x'),
      putLink('tolink', 'l'),
      putLink('n', '.'),
    ];
    expect(skippedReasons(await apply(changes))).toEqual({});
    expect([readlinkSync(join(fixture.root, 'l')), readlinkSync(join(fixture.root, 'tolink'))]).toEqual(['new', 'l']);
    expect(read('tofile')).toBe('x');
    expect(names(fixture.root)).toEqual(['l', 'n', 'tofile', 'tolink']);
    expect(readlinkSync(join(fixture.backup, 'gone'))).toBe('old');
    expect(backedUp('tolink')).toBe('text');
  });

  it('changes only the mode in place, without staged content', async () => {
    write(fixture.root, 'a', 'x');
    scan();
    const { ino } = lstatSync(join(fixture.root, 'a'));
    const result = await apply([{ path: 'a', from: fixture.observations.get('a'), to: entry('a', 'x', 0o755) }]);
    expect(result).toMatchObject({ written: [{ path: 'a', mode: 0o755 }], skipped: [] });
    expect(lstatSync(join(fixture.root, 'a'))).toMatchObject({ ino, mode: 0o100755 });
  });

  it('replaces a folder with a file, and a file with a folder', async () => {
    write(fixture.root, 'a/b/c', '1');
    write(fixture.root, 'f', '2');
    scan();
    mkdirSync(join(fixture.root, 'a/empty/er'), { recursive: true });
    const result = await apply([deletion('a/b/c'), put('a', 'file'), deletion('f'), put('f/g/h', 'deep')]);
    expect(skippedReasons(result)).toEqual({});
    expect([read('a'), read('f/g/h'), backedUp('a/b/c'), backedUp('f')]).toEqual(['file', 'deep', '1', '2']);
  });

  it('writes names of 255 bytes, and names that look like options', async () => {
    const long = 'é'.repeat(127) + 'x';
    expect(skippedReasons(await apply([put(long, 'long'), put('-rf', 'dash'), put('a\nb', 'line')]))).toEqual({});
    expect([read(long), read('-rf'), read('a\nb')]).toEqual(['long', 'dash', 'line']);
  });

  it('removes the temporary files of killed processes, and nothing else', async () => {
    write(fixture.root, 'd/.palmtree-999999999-0f8fad5b-d9cb-469f-a165-70867728950e.tmp', 'dead');
    write(fixture.root, `d/.palmtree-${process.pid}-0f8fad5b-d9cb-469f-a165-70867728950e.tmp`, 'alive');
    await apply([put('d/a', 'x')]);
    expect(names(fixture.root)).toEqual([
      'd/',
      `d/.palmtree-${process.pid}-0f8fad5b-d9cb-469f-a165-70867728950e.tmp`,
      'd/a',
    ]);
  });

  it('never overwrites a file in a backup', async () => {
    write(fixture.root, 'a', 'second');
    write(fixture.backup, 'a', 'first');
    scan();
    await apply([put('a', 'third')]);
    expect(backedUp('a')).toBe('first');
    expect(readFileSync(join(`${fixture.backup}.2`, 'a'), 'utf8')).toBe('second');
  });
});

describe('a backup', () => {
  it.runIf(existsSync('/dev/shm'))('is a copy if it is on another device', async () => {
    const elsewhere = mkdtempSync('/dev/shm/palmtree-backup-');
    try {
      for (let i = 0; i < 20; i++) write(fixture.root, `d/a${i}`, `old ${i}`);
      scan();
      const changes = [...fixture.observations.keys()].map((path, i) =>
        i % 2 === 0 ? put(path, 'new') : deletion(path),
      );
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
    const { root, staging, backup } = fixture;
    const script = join(fixture.base, 'child.cjs');
    await build({
      stdin: { contents: source, resolveDir: import.meta.dirname, loader: 'ts' },
      bundle: true,
      platform: 'node',
      outfile: script,
      logLevel: 'silent',
    });
    const [old, fresh] = ['o'.repeat(50_000), 'n'.repeat(60_000)];
    for (let kill = 0; kill < 5; kill++) {
      for (let i = 0; i < 60; i++) write(fixture.root, `d${i % 3}/f${i}`, old);
      scan();
      const plan = (): Change[] =>
        Array.from({ length: 60 }, (_, i) => `d${i % 3}/f${i}`)
          .filter((path) => fixture.observations.get(path)?.size === old.length)
          .map((path, i) => (i % 4 === 0 ? deletion(path) : put(path, fresh)));
      const request = {
        root,
        staging,
        backup: `${backup}-${kill}`,
        changes: plan(),
        observations: [...fixture.observations],
      };
      const file = join(fixture.base, 'request.json');
      writeFileSync(
        file,
        JSON.stringify(request, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
      );
      const child = fork(script, [file]);
      child.on('message', (done: number) => {
        if (done >= 5 + 10 * kill) child.kill('SIGKILL');
      });
      await once(child, 'exit');
      for (const name of names(fixture.root).filter((name) => !name.endsWith('/') && !name.endsWith('.tmp'))) {
        expect([old, fresh]).toContain(read(name));
      }
      scan();
      expect(skippedReasons(await apply(plan(), { backup: `${fixture.backup}-again-${kill}` }))).toEqual({});
      const left = names(fixture.root).filter((name) => !name.endsWith('/'));
      expect(new Set(left.map((name) => read(name).length))).toEqual(new Set([fresh.length]));
      fixture.observations = new Map();
      for (const folder of [root, staging]) rmSync(folder, { recursive: true });
      for (const folder of [root, staging]) mkdirSync(folder);
    }
  });
});
