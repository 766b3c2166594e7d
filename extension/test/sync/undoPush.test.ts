import { describe, expect, it } from 'vitest';
import { Client } from '../../src/io/api/client';
import { expectSame, silent, type Listed } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

const lines = (listed: Map<string, Listed>) => [...listed].map(([path, { line }]) => `${path} ${line}`);

describe('an undone push', () => {
  it('reverts an edit, a rename, a deletion and an addition on the server, and a pull applies them', async () => {
    const [desk, laptop] = await fixture.syncedMachines({
      'n/edit': '1',
      'n/old name': '2',
      'n/gone': '3',
      'n/same': '4',
    });
    const before = await desk.listing();
    await desk.write('n/edit', 'edited');
    await desk.rename('n/old name', 'n/new name');
    await desk.delete('n/gone');
    await desk.write('n/added', 'new');
    await desk.push();
    const after = await desk.listing();
    const result = await desk.sync.undoPush(silent, 2);
    expect(result).toEqual({ revision: 3, put: 3, deleted: 2, renamed: 1, changedSince: [], beforeRemoved: [] });
    expectSame(await desk.listing(), after);
    expect(desk.sync.state).toMatchObject({ revision: 2, counts: { incoming: 4, outgoing: 0, conflicts: 0 } });
    expect((await desk.sync.history.revisions()).revisions[0]).toMatchObject({ number: 3, message: 'Undo revision 2' });
    await desk.pull();
    await laptop.pull();
    expectSame(await desk.listing(), before);
    expectSame(await laptop.listing(), before);
  });

  it('reverts the swap of a file and a folder', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/x': 'file', 'n/y/inner': 'folder' });
    const before = lines(await desk.listing());
    await desk.delete('n/x');
    await desk.write('n/x/inner', 'folder now');
    await desk.delete('n/y');
    await desk.write('n/y', 'file now');
    await desk.push(true);
    expect(await laptop.sync.undoPush(silent, 2)).toMatchObject({ put: 2, deleted: 2, changedSince: [] });
    await desk.pull(true);
    expect(lines(await desk.listing())).toEqual(before);
  });

  it('leaves paths alone that changed since, or that would be a file and a folder at once', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/x': 'file', 'n/a': '1', 'n/b': '2' });
    await desk.delete('n/x');
    await desk.write('n/x/inner', 'folder now');
    await desk.write('n/a', 'edited');
    await desk.write('n/b', 'edited');
    await desk.push();
    await laptop.pull();
    await laptop.write('n/x/other', 'since');
    await laptop.write('n/b', 'since');
    await laptop.push();
    const result = await laptop.sync.undoPush(silent, 2);
    expect(result).toEqual({
      revision: 4,
      put: 1,
      deleted: 0,
      renamed: 0,
      changedSince: ['n/b', 'n/x', 'n/x/inner'],
      beforeRemoved: [],
    });
    await desk.pull();
    expect(await desk.read('n/a')).toBe('1');
    expect(await desk.read('n/b')).toBe('since');
    expect(await desk.read('n/x/inner')).toBe('folder now');
  });

  it('has a plan that says exactly what the undo does, and does no more', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1', 'n/b': '1', 'n/gone': '1', 'n/c': '1' });
    for (const path of ['n/a', 'n/b', 'n/c', 'n/new', 'n/late']) await desk.write(path, '2');
    await desk.delete('n/gone');
    await desk.push();
    await desk.write('n/b', '3');
    await desk.push();
    const plan = await laptop.sync.planUndoPush(silent, 2);
    const lists = { reverted: ['n/a', 'n/c'], restored: ['n/gone'], deleted: ['n/late', 'n/new'] };
    expect(plan).toEqual({ author: 'test', ...lists, changedSince: ['n/b'], beforeRemoved: [] });
    // These change after the plan: one is left alone, and one would only now be reverted.
    await desk.write('n/c', '3');
    await desk.write('n/b', '2');
    await desk.push();
    const paths = new Set([...plan.reverted, ...plan.restored, ...plan.deleted]);
    expect(await laptop.sync.undoPush(silent, 2, paths)).toMatchObject({ put: 2, deleted: 2, changedSince: ['n/c'] });
    await desk.pull();
    expect([await desk.read('n/a'), await desk.read('n/b'), await desk.read('n/c')]).toEqual(['1', '2', '3']);
    await expect(laptop.sync.planUndoPush(silent, 2)).resolves.toMatchObject({ reverted: ['n/b'] });
  });

  it('throws if nothing is left to undo, as the second time', async () => {
    const [desk] = await fixture.syncedMachines({ 'n/a': '1' });
    await desk.write('n/a', '2');
    await desk.push();
    await desk.sync.undoPush(silent, 2);
    const nothing = { code: 'nothing_to_undo', details: { paths: ['n/a'] } };
    await expect(desk.sync.undoPush(silent, 2)).rejects.toMatchObject(nothing);
    await expect(desk.sync.planUndoPush(silent, 2)).rejects.toMatchObject(nothing);
    await expect(desk.sync.undoPush(silent, 9)).rejects.toMatchObject({ code: 'revision_not_found' });
    expect(desk.sync.state.kind).toBe('halted');
    // The undo itself can be undone.
    expect(await desk.sync.undoPush(silent, 3)).toMatchObject({ revision: 4, put: 1 });
    await desk.pull();
    expect(await desk.read('n/a')).toBe('2');
  });

  it('is in conflict with an edit that is not pushed', async () => {
    const [desk] = await fixture.syncedMachines({ 'n/a': '1', 'n/b': '1' });
    await desk.write('n/a', '2');
    await desk.write('n/b', '2');
    await desk.push();
    await desk.write('n/a', 'not pushed');
    await desk.sync.undoPush(silent, 2);
    await desk.sync.rescan(silent);
    await desk.pull();
    expect(desk.sync.state.counts).toMatchObject({ incoming: 0, outgoing: 0, conflicts: 1 });
    expect(await desk.read('n/a')).toBe('not pushed');
    expect(await desk.read('n/b')).toBe('1');
  });

  it('is planned again if another machine pushes in the meantime', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1', 'n/b': '1' });
    await desk.write('n/a', '2');
    await desk.push();
    await laptop.pull();
    const pushOther = async (content: string): Promise<void> => {
      await laptop.pull();
      await laptop.write('n/b', content);
      await laptop.push();
    };
    const beginPush = desk.client.beginPush.bind(desk.client);
    const commitPush = desk.client.commitPush.bind(desk.client);
    desk.client.beginPush = async (...given) => {
      desk.client.beginPush = beginPush;
      await pushOther('before the push begins');
      return beginPush(...given);
    };
    desk.client.commitPush = async (...given) => {
      desk.client.commitPush = commitPush;
      await pushOther('before the commit');
      return commitPush(...given);
    };
    expect(await desk.sync.undoPush(silent, 2)).toMatchObject({ revision: 5, put: 1, changedSince: [] });
    await desk.pull();
    expect([await desk.read('n/a'), await desk.read('n/b')]).toEqual(['1', 'before the commit']);
  });
});

describe('the history', () => {
  it('is read without waiting for a running command', async () => {
    const [desk] = await fixture.syncedMachines({ 'n/a': '1' });
    await desk.write('n/a', '2');
    await desk.push();
    const other = new Client(fixture.server.url, fixture.server.token);
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const beginPush = desk.client.beginPush.bind(desk.client);
    desk.client.beginPush = async (...given) => {
      await released;
      return beginPush(...given);
    };
    await desk.write('n/a', '3');
    const pushing = desk.push();
    expect((await desk.sync.history.revisions()).revisions.map(({ number }) => number)).toEqual([2, 1]);
    expect((await desk.sync.history.revisionDetail(2)).changes.map(({ path }) => path)).toEqual(['n/a']);
    expect((await desk.sync.history.versions('n/a')).versions).toHaveLength(2);
    release();
    await pushing;
    expect((await other.revisions(fixture.tree)).revisions).toHaveLength(3);
  });
});
