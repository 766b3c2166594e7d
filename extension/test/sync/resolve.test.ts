import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Choice } from '../../src/sync/conflicts/resolve';
import { expectSame, silent, until, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

/** Two machines that edited `n/a.md`; the desk has pushed. */
async function inConflict(): Promise<[Machine, Machine]> {
  const [desk, laptop] = await fixture.twoMachines();
  await desk.write('n/a.md', 'base');
  await desk.sync.track(['n']);
  await desk.push();
  await laptop.pull();
  await desk.write('n/a.md', 'desk');
  await desk.push();
  await laptop.write('n/a.md', 'laptop');
  await laptop.pull();
  expect(laptop.sync.state.kind).toBe('conflicted');
  return [desk, laptop];
}

function resolve(machine: Machine, path: string, choice: Choice) {
  return machine.sync.resolve(silent, { paths: [path], choice });
}

describe('a conflict', () => {
  it('is decided for mine: a push makes it the head, and theirs stays in the history', async () => {
    const [desk, laptop] = await inConflict();
    expect(await resolve(laptop, 'n/a.md', 'mine')).toMatchObject({ resolved: ['n/a.md'] });
    expect(laptop.sync.state.counts).toMatchObject({ conflicts: 0, outgoing: 1 });
    expect(await laptop.push()).toMatchObject({ revision: 3, put: 1 });
    await desk.pull();
    expect(await desk.read('n/a.md')).toBe('laptop');
    expect(new TextDecoder().decode(await laptop.sync.history.serverContent('n/a.md', 2))).toBe('desk');
  });

  it('is decided for theirs: mine is kept in a backup, and nothing is pending', async () => {
    const [desk, laptop] = await inConflict();
    await resolve(laptop, 'n/a.md', 'theirs');
    expect(await laptop.read('n/a.md')).toBe('desk');
    expect(laptop.sync.state.counts).toMatchObject({ conflicts: 0, outgoing: 0 });
    const backups = await readdir(`${laptop.storage}/backups`, { recursive: true });
    expect(backups.some((path) => path.endsWith('n/a.md'))).toBe(true);
    expectSame(await laptop.listing(), await desk.listing());
  });

  it('is in conflict again when a decision for theirs is undone, and a push does not replace theirs', async () => {
    const [desk, laptop] = await inConflict();
    const { backup } = await resolve(laptop, 'n/a.md', 'theirs');
    expect((await laptop.sync.lastPull())?.backup).toBe(backup);
    const [backedUp] = await laptop.sync.backups.list();
    expect(backedUp).toMatchObject({ purpose: 'resolved' });
    expect([...(backedUp?.files.keys() ?? [])]).toEqual(['n/a.md']);
    expect(await laptop.sync.undoPull(silent)).toMatchObject({ restored: ['n/a.md'], skipped: [] });
    expect(await laptop.read('n/a.md')).toBe('laptop');
    expect(laptop.sync.state.counts).toMatchObject({ conflicts: 1, outgoing: 0 });
    expect(await laptop.push()).toMatchObject({ put: 0 });
    await desk.pull();
    expect(await desk.read('n/a.md')).toBe('desk');
  });

  it('is decided for both: theirs gets another name, and both are pushed', async () => {
    const [desk, laptop] = await inConflict();
    const { theirPaths } = await resolve(laptop, 'n/a.md', 'both');
    expect([...theirPaths]).toEqual([['n/a.md', 'n/a (server r2).md']]);
    expect(await readdir(laptop.path('n'))).toEqual(['a (server r2).md', 'a.md']);
    expect(await laptop.read('n/a (server r2).md')).toBe('desk');
    expect(await laptop.push()).toMatchObject({ put: 2 });
    await desk.pull();
    expectSame(await desk.listing(), await laptop.listing());
  });

  it('between an edit and a deletion can be decided for either', async () => {
    for (const choice of ['mine', 'theirs'] as const) {
      const [desk, laptop] = await inConflict();
      await resolve(laptop, 'n/a.md', 'theirs');
      await desk.write('n/a.md', 'desk again');
      await desk.push();
      await laptop.delete('n/a.md');
      expect((await laptop.pull(true)).conflicts).toEqual(['n/a.md']);
      await resolve(laptop, 'n/a.md', choice);
      await laptop.push(true);
      await desk.pull(true);
      expectSame(await desk.listing(), await laptop.listing());
      expect(await readdir(laptop.path('n'))).toEqual(choice === 'mine' ? [] : ['a.md']);
    }
  });

  it('that a rejected push found is decided against the newest revision, and no other change is applied', async () => {
    const [desk, laptop] = await inConflict();
    await resolve(laptop, 'n/a.md', 'theirs');
    await desk.write('n/a.md', 'newest');
    await desk.write('n/b.md', 'another');
    await desk.push();
    await laptop.write('n/a.md', 'mine');
    await expect(laptop.push()).rejects.toMatchObject({ code: 'stale_base' });
    await resolve(laptop, 'n/a.md', 'mine');
    expect([...(await laptop.listing('n')).keys()]).toEqual(['a.md']);
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 1, incoming: 1, conflicts: 0 });
    await laptop.push();
    await desk.pull();
    expect(await desk.read('n/a.md')).toBe('mine');
  });

  it('is decided without applying the changes of other files', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1', 'n/b': '1', 'n/c': '1' });
    await desk.write('n/b', 'desk');
    await desk.push();
    await laptop.write('n/b', 'laptop');
    await laptop.pull();
    await desk.write('n/c', 'desk too');
    await desk.write('n/a', 'desk as well');
    await desk.push();
    await until(laptop, ({ counts }) => counts.incoming === 2);
    await laptop.sync.resolve(silent, { paths: ['n/b'], choice: 'mine' });
    expect(await laptop.read('n/c')).toBe('1');
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 1, incoming: 2, conflicts: 0 });
    await laptop.pull();
    await laptop.push();
    await desk.pull();
    expect(await desk.read('n/b')).toBe('laptop');
    expect(await laptop.read('n/a')).toBe('desk as well');
  });
});

describe('Keep Both', () => {
  it('finds a name that no untracked file has', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    for (const machine of [desk, laptop]) {
      await machine.write('a.md', machine === desk ? 'desk' : 'laptop');
      await machine.sync.track(['a.md']);
    }
    await desk.push();
    await laptop.pull();
    await laptop.write('a (server r1).md', 'not tracked');
    const { skipped } = await laptop.sync.resolve(silent, { paths: ['a.md'], choice: 'both' });
    expect(skipped).toEqual([]);
    expect(await laptop.read('a (server r1).md')).toBe('not tracked');
    expect(await laptop.read('a (server r1 2).md')).toBe('desk');
  });

  it('keeps two names of maximum length distinct', async () => {
    const names = ['x', 'y'].map((end) => `${'n'.repeat(250)}${end}`);
    const [desk, laptop] = await fixture.twoMachines();
    for (const machine of [desk, laptop]) {
      for (const name of names) await machine.write(name, `${machine === desk ? 'desk' : 'laptop'} ${name}`);
      await machine.sync.track(names);
    }
    await desk.push();
    await laptop.pull();
    const { skipped } = await laptop.sync.resolve(silent, { paths: names, choice: 'both' });
    expect(skipped).toEqual([]);
    const contents = await Promise.all([...(await laptop.listing()).keys()].map((path) => laptop.read(path)));
    expect(contents.sort()).toEqual(names.flatMap((name) => [`desk ${name}`, `laptop ${name}`]).sort());
  });
});
