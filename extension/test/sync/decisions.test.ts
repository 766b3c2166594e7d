import { describe, expect, it } from 'vitest';
import { silent, until } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

describe('a change that the user did not decide about', () => {
  it('is not applied by a decision about another file', async () => {
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

  it('is in conflict with a restored file, which the next pull does not replace', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    await desk.write('n/a', '2');
    await desk.push();
    await laptop.pull();
    await laptop.write('n/a', 'mine');
    await desk.write('n/a', '3');
    await desk.push();
    await laptop.sync.restore(silent, { paths: ['n/a'], revision: 2 });
    expect(await laptop.read('n/a')).toBe('2');
    await laptop.pull();
    expect(await laptop.read('n/a')).toBe('2');
    expect(laptop.sync.state.counts).toMatchObject({ incoming: 0, conflicts: 1 });
  });

  it('is not undone in another tree', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    await desk.write('n/a', '2');
    await desk.push();
    await laptop.pull();
    await laptop.client.makeTree(`${fixture.tree}-other`);
    await laptop.bind(`${fixture.tree}-other`);
    expect(await laptop.sync.lastPull()).toBeUndefined();
    await expect(laptop.sync.undoPull(silent)).rejects.toMatchObject({ code: 'nothing_to_undo' });
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

describe('a server that was restored from a backup', () => {
  const fixture = serverFixture('test');

  it('is detected by the feed, and a pull compares all files', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    const copy = await fixture.server.backUp();
    await desk.write('n/a', '2');
    await desk.push();
    await laptop.pull();
    await fixture.server.restore(copy);
    const state = await until(laptop, ({ offline }) => offline?.code === 'revision_not_found');
    expect(state.counts.conflicts).toBe(0);
    await laptop.pull();
    expect(await laptop.read('n/a')).toBe('2');
    expect(laptop.sync.state.counts).toMatchObject({ incoming: 0, conflicts: 1 });
  });
});
