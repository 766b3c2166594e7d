import { describe, expect, it } from 'vitest';
import { createToken } from '../../scripts/palmtreeServer.mts';
import { silent, until } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

const initial = { 'n/a.md': 'one', 'n/b.md': 'two' };

describe("another machine's push", () => {
  it('is shown without a request, with its author, and changes no file', async () => {
    const [desk] = await fixture.syncedMachines(initial);
    const author = `laptop-${fixture.tree}`;
    const laptop = await fixture.machine({ token: await createToken(fixture.server.dataDir, author) });
    await laptop.pull();
    await laptop.write('n/a.md', 'edited');
    await laptop.push();
    const state = await until(desk, ({ counts }) => counts.incoming === 1);
    expect(state).toMatchObject({ kind: 'idle', revision: 1, head: { revision: 2, author } });
    expect(await desk.read('n/a.md')).toBe('one');
    await desk.pull();
    expect(desk.sync.state).toMatchObject({ revision: 2, head: undefined, counts: { incoming: 0 } });
  });

  it('distinguishes deletions from changes', async () => {
    const [desk, laptop] = await fixture.syncedMachines(initial);
    await laptop.write('n/a.md', 'edited');
    await laptop.delete('n/b.md');
    await laptop.push(true);
    await until(desk, ({ counts }) => counts.incoming === 2);
    expect(['n/a.md', 'n/b.md'].map((path) => desk.sync.isDeletedOnServer(path))).toEqual([false, true]);
    await desk.pull(true);
    expect(desk.sync.isDeletedOnServer('n/b.md')).toBe(false);
  });

  it('adds to the known changes, and makes a conflict only when a pull could not merge it', async () => {
    const [desk, laptop] = await fixture.syncedMachines(initial);
    await desk.write('n/b.md', 'here');
    await desk.sync.rescan(silent);
    await laptop.write('n/a.md', 'edited');
    await laptop.push();
    await until(desk, ({ counts }) => counts.incoming === 1 && counts.outgoing === 1);
    await laptop.write('n/b.md', 'there');
    await laptop.push();
    const state = await until(desk, ({ counts }) => counts.incoming === 2);
    expect(state).toMatchObject({ kind: 'idle', counts: { outgoing: 1, conflicts: 0 }, head: { revision: 3 } });
    expect([...desk.sync.pathStates]).toEqual([
      ['n/a.md', 'incoming'],
      ['n/b.md', 'both'],
    ]);
    expect(desk.sync.conflicts).toEqual([]);
    await desk.pull(false, { autoMerge: true });
    expect(desk.sync.state).toMatchObject({ kind: 'conflicted', counts: { outgoing: 0, incoming: 0, conflicts: 1 } });
    expect(desk.sync.conflicts.map(({ path }) => path)).toEqual(['n/b.md']);
    // Another revision of the server does not hide the conflict.
    await laptop.write('n/b.md', 'there again');
    await laptop.push();
    await until(desk, ({ head }) => head?.revision === 4);
    expect(desk.sync.state).toMatchObject({ kind: 'conflicted', counts: { incoming: 0, conflicts: 1 } });
  });

  it('is fetched, but not a push of this machine', async () => {
    const [desk, laptop] = await fixture.syncedMachines(initial);
    let requests = 0;
    const files = desk.client.files.bind(desk.client);
    desk.client.files = (...given) => {
      requests++;
      return files(...given);
    };
    await desk.write('n/a.md', 'mine');
    await desk.push();
    await until(laptop, ({ counts }) => counts.incoming === 1);
    await laptop.pull();
    await laptop.write('n/b.md', 'theirs');
    await laptop.push();
    await until(desk, ({ head }) => head?.revision === 3);
    expect(requests).toBe(1);
  });
});

describe('a server that stops and restarts', () => {
  it('is shown as offline, and missed revisions are fetched when it is back', async () => {
    const [desk, laptop] = await fixture.syncedMachines(initial);
    await fixture.server.kill();
    const state = await until(desk, ({ offline }) => offline !== undefined);
    expect(state).toMatchObject({ kind: 'idle', offline: { code: 'server_unreachable' } });
    await fixture.server.restart();
    await laptop.write('n/a.md', 'edited');
    await laptop.push();
    await until(desk, (state) => state.counts.incoming === 1 && state.offline === undefined);
  });

  it('clears the error of a command that did not reach it', async () => {
    const [desk, laptop] = await fixture.syncedMachines(initial);
    await fixture.server.kill();
    await expect(desk.sync.rescan(silent)).rejects.toMatchObject({ code: 'server_unreachable' });
    expect(desk.sync.state.kind).toBe('halted');
    await fixture.server.restart();
    await laptop.write('n/a.md', 'edited');
    await laptop.push();
    await until(desk, ({ kind, counts }) => kind === 'idle' && counts.incoming === 1);
  });

  it('is followed again at once when a command has reached it', async () => {
    const [desk] = await fixture.syncedMachines(initial);
    await fixture.server.kill();
    await until(desk, (state) => state.offline !== undefined);
    await fixture.server.restart();
    await desk.sync.rescan(silent);
    await until(desk, (state) => state.offline === undefined);
  });
});

describe('a tree that is created before the first push', () => {
  it('is followed from then on', async () => {
    const desk = await fixture.machine();
    const tree = `${fixture.tree}-later`;
    await desk.bind(tree);
    await desk.write('a.md', 'one');
    await desk.sync.track(['a.md']);
    await expect(desk.push()).rejects.toMatchObject({ code: 'tree_not_found' });
    expect(desk.sync.state.offline).toBeUndefined();
    await desk.sync.makeTree();
    await desk.push();
    const laptop = await fixture.machine({ tree });
    await laptop.pull();
    await laptop.write('a.md', 'two');
    await laptop.push();
    await until(desk, ({ counts }) => counts.incoming === 1);
  });
});

describe('equal files on both sides', () => {
  it('are synced by a fetch, so that a later edit is no conflict', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    for (const machine of [desk, laptop]) {
      await machine.write('n/a', 'the same');
      await machine.sync.track(['n']);
    }
    await desk.push();
    await laptop.sync.rescan(silent);
    await laptop.write('n/a', 'edited');
    expect(await laptop.push()).toMatchObject({ revision: 2, put: 1 });
    expect(laptop.sync.state.counts).toMatchObject({ conflicts: 0, outgoing: 0 });
  });
});
