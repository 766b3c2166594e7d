import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

function problems(machine: Machine): string[] {
  return [...machine.sync.pathStates].flatMap(([path, state]) => (state === 'problem' ? [path] : []));
}

/** Returns false if that is impossible here. */
function setAppendOnly(path: string, isAppendOnly: boolean): boolean {
  return spawnSync('chattr', [isAppendOnly ? '+a' : '-a', path]).status === 0;
}

/** A path of exactly `bytes` bytes below `folder`. */
function longPath(folder: string, bytes: number): string {
  let path = folder;
  while (bytes - path.length > 250) path += `/${'d'.repeat(200)}`;
  return `${path}/${'f'.repeat(bytes - path.length - 1)}`;
}

async function mtimeNs(machine: Machine, path: string): Promise<bigint> {
  return (await lstat(machine.path(path), { bigint: true })).mtimeNs;
}

describe('a file with an odd date', () => {
  it('before 1970 is pulled with that date', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    const dates = { old: '-86400.25', older: '-1500000000.5', nearly: '-0.000001', epoch: '0' };
    for (const [name, seconds] of Object.entries(dates)) {
      await desk.write(`n/${name}`, name);
      await utimes(desk.path(`n/${name}`), seconds, seconds);
    }
    await desk.sync.track(['n']);
    await desk.push();
    await laptop.pull();
    for (const name of Object.keys(dates)) {
      expect(await mtimeNs(laptop, `n/${name}`)).toBe(await mtimeNs(desk, `n/${name}`));
    }
    await laptop.sync.rescan(silent);
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 0 });
  });

  it('in the far future is pushed with the latest date that the server can store', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    for (const year of [2261, 2263, 2290, 2400]) {
      await desk.write(`n/${year}`, 'x');
      const date = new Date(`${year}-01-01T00:00:00Z`);
      await utimes(desk.path(`n/${year}`), date, date);
    }
    await desk.sync.track(['n']);
    expect(await desk.push()).toMatchObject({ put: 4 });
    await laptop.pull();
    const years = await Promise.all([2261, 2263, 2290, 2400].map((year) => stat(laptop.path(`n/${year}`))));
    expect(years.map(({ mtime }) => mtime.getUTCFullYear())).toEqual([2261, 2262, 2262, 2262]);
    await desk.sync.rescan(silent);
    expect([desk.sync.state.counts.outgoing, laptop.sync.state.counts.outgoing]).toEqual([0, 0]);
  });
});

describe('a name like that of a temporary file', () => {
  it('is synced like any other', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    const names = ['.palmtree-partial', '.palmtree-notes.tmp', 'd/.palmtree-partial/x', '.n.a1B2c3', 'a.part'];
    for (const name of names) await desk.write(`n/${name}`, name);
    await desk.sync.track(['n']);
    await desk.push();
    expect(await laptop.pull()).toMatchObject({ written: names.length, skipped: [] });
    for (const name of names) expect(await laptop.read(`n/${name}`)).toBe(name);
  });
});

describe('an append-only folder', () => {
  it('keeps nothing else from being pulled, and does not fill with temporary files', async ({ skip }) => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/log/a': '1', 'n/log/b': '1', 'n/page': '1' });
    if (!setAppendOnly(laptop.path('n/log'), true)) skip();
    try {
      await desk.write('n/log/a', '2');
      await desk.write('n/log/new', 'new');
      await desk.delete('n/log/b');
      await desk.write('n/page', '2');
      await desk.push();
      expect(await laptop.pull()).toMatchObject({ written: 2, deleted: 0 });
      expect([await laptop.read('n/page'), await laptop.read('n/log/new')]).toEqual(['2', 'new']);
      const names = await readdir(laptop.path('n/log'));
      const { skipped } = await laptop.pull();
      const errnos = new Map(skipped.map(({ path, errno }) => [path, errno]));
      expect(errnos).toEqual(new Map(['n/log/b', 'n/log/a'].map((path) => [path, 'EPERM'])));
      expect(await readdir(laptop.path('n/log'))).toEqual(names);
    } finally {
      setAppendOnly(laptop.path('n/log'), false);
    }
    expect(await laptop.pull()).toMatchObject({ written: 1, deleted: 1, skipped: [] });
    expect((await readdir(laptop.path('n/log'))).sort()).toEqual(['a', 'new']);
  });
});

describe('a tracked folder with a backslash in its name', () => {
  it('is a problem of its own path', async () => {
    const [desk] = await fixture.twoMachines();
    await desk.write('a\\b/x', 'x');
    await desk.write('n/y', 'y');
    await desk.sync.track(['n', 'a\\b']);
    expect(await desk.push()).toMatchObject({ put: 1 });
    expect(await fixture.pathsOnServer()).toEqual(['n/y']);
    expect(problems(desk)).toEqual(['a\\b']);
  });
});

describe('a path that is too long', () => {
  it('for the server is a problem of its own path', async () => {
    const [desk] = await fixture.twoMachines();
    const path = longPath('n', 4030);
    await mkdir(join(desk.root, path, '..'), { recursive: true });
    await desk.write(path, 'long');
    await desk.write('n/short', 'short');
    await desk.sync.track(['n']);
    expect(await desk.push()).toMatchObject({ put: 1 });
    expect(await fixture.pathsOnServer()).toEqual(['n/short']);
    expect(desk.sync.problemAt(path)).toMatchObject({ reason: 'path-too-long-there' });
    await desk.sync.rescan(silent);
    expect(problems(desk)).toEqual([path]);
  });

  it('for the storage of another machine is a problem there, and of nobody else', async () => {
    const [desk] = await fixture.twoMachines();
    const path = longPath('n', 3_900);
    await desk.write(path, 'long');
    await desk.write('n/short', 'short');
    await desk.sync.track(['n']);
    await desk.push();
    const storage = join(desk.storage, 's'.repeat(200));
    const laptop = await fixture.machine({ tree: fixture.tree, storage });
    expect(await laptop.pull()).toMatchObject({ written: 1, skipped: [], conflicts: [] });
    expect([await laptop.read('n/short'), existsSync(laptop.path(path))]).toEqual(['short', false]);
    expect(laptop.sync.problemAt(path)).toMatchObject({ reason: 'path-too-long-to-stage' });
    expect(laptop.sync.state.counts).toMatchObject({ problems: 1, incoming: 0 });
    expect(await laptop.push()).toMatchObject({ put: 0, deleted: 0 });
    expect(await laptop.sync.forcePush(silent, () => Promise.resolve(true))).toMatchObject({ deleted: 0 });
    expect(await fixture.pathsOnServer()).toEqual([path, 'n/short'].sort());
    // The problem goes with its cause.
    await desk.delete(path);
    await desk.push();
    await laptop.pull();
    expect(problems(laptop)).toEqual([]);
  });

  it('for the server is left out of a force push', async () => {
    const [desk] = await fixture.twoMachines();
    const path = longPath('n', 4030);
    await mkdir(join(desk.root, path, '..'), { recursive: true });
    await desk.write(path, 'long');
    await desk.write('n/short', 'short');
    await desk.sync.track(['n']);
    expect(await desk.sync.forcePush(silent, () => Promise.resolve(true))).toMatchObject({ put: 1 });
    expect(await fixture.pathsOnServer()).toEqual(['n/short']);
    expect(problems(desk)).toEqual([path]);
  });
});
