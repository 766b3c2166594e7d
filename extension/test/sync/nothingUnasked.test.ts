import { mkdir, readdir, symlink } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

/** Two machines with these files in the synced folder `n`. */
function withFiles(...names: string[]): Promise<[Machine, Machine]> {
  return fixture.syncedMachines(Object.fromEntries(names.map((name) => [`n/${name}`, `content of ${name}`])));
}

describe('what was left out and comes back', () => {
  it('is brought from the server, not deleted there, after it was untracked and removed here', async () => {
    const [, laptop] = await withFiles('a', 'b');
    await laptop.sync.untrack(['n/a']);
    await laptop.delete('n/a');
    await laptop.sync.track(['n']);
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 1 });
    expect(await laptop.push()).toMatchObject({ deleted: 0 });
    expect(await laptop.pull()).toMatchObject({ written: 1 });
    expect(await fixture.pathsOnServer()).toEqual(['n/a', 'n/b']);
  });

  it('can be tracked by name, though it stands on the server alone', async () => {
    const [, laptop] = await withFiles('a', 'b');
    await laptop.sync.untrack(['n/a']);
    await laptop.delete('n/a');
    await laptop.sync.track(['n/a']);
    expect(await laptop.pull()).toMatchObject({ written: 1 });
    expect(await laptop.read('n/a')).toBe('content of a');
    await expect(laptop.sync.track(['n/nowhere'])).rejects.toMatchObject({ code: 'not_trackable' });
  });

  it('the same after a pattern left it out for a while', async () => {
    let exclude: readonly string[] = [];
    const desk = await fixture.machine({ exclude: () => exclude });
    await desk.write('n/a.log', 'a');
    await desk.write('n/b', 'b');
    await desk.sync.track(['n']);
    await desk.push();
    exclude = ['*.log'];
    await desk.sync.rescan(silent);
    await desk.delete('n/a.log');
    expect(await desk.push()).toMatchObject({ deleted: 0 });
    exclude = [];
    expect(await desk.push()).toMatchObject({ deleted: 0 });
    expect(await fixture.pathsOnServer()).toEqual(['n/a.log', 'n/b']);
  });

  it('stays out when another machine tracks the folder that it lies in', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    await desk.write('n/big.iso', 'big');
    await desk.write('n/b', 'b');
    await desk.sync.track(['n/big.iso', 'n/b']);
    await desk.push();
    await laptop.pull();
    await laptop.sync.untrack(['n/big.iso']);
    await laptop.delete('n/big.iso');
    await desk.sync.track(['n']);
    await desk.write('n/c', 'c');
    await desk.push();
    await laptop.pull();
    expect(await laptop.push()).toMatchObject({ deleted: 0 });
    expect(await readdir(laptop.path('n'))).toEqual(['b', 'c']);
    expect(await fixture.pathsOnServer()).toContain('n/big.iso');
  });

  it('a folder that is gone from disk can be untracked without deleting it on the server', async () => {
    const [, laptop] = await withFiles('sub/a', 'sub/b', 'c');
    await laptop.delete('n/sub');
    await laptop.sync.untrack(['n/sub']);
    expect(await laptop.push()).toMatchObject({ deleted: 0 });
    expect(await fixture.pathsOnServer()).toEqual(['n/c', 'n/sub/a', 'n/sub/b']);
  });

  it('an untracked folder stays untracked, though the server has no file of it', async () => {
    const [desk, laptop] = await withFiles('a', 'b');
    await desk.delete('n/a');
    await desk.delete('n/b');
    await desk.push(true);
    await laptop.pull(true);
    await laptop.sync.untrack(['n']);
    await laptop.pull();
    await laptop.write('n/secret', 'mine');
    expect(await laptop.push()).toMatchObject({ put: 0 });
    expect(await fixture.pathsOnServer()).toEqual([]);
  });
});

describe('files that were there before', () => {
  it('are not taken in by a folder that another machine tracks', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    await desk.write('shared', 'for both');
    await desk.sync.track(['']);
    await desk.push();
    await laptop.write('private/diary', 'for nobody');
    expect(await laptop.pull()).toMatchObject({ written: 1 });
    expect(await laptop.push()).toMatchObject({ put: 0 });
    expect(await fixture.pathsOnServer()).toEqual(['shared']);
    await desk.write('shared', 'changed');
    await desk.push();
    expect(await laptop.pull()).toMatchObject({ written: 1 });
  });
});

describe('a folder that is not taken whole', () => {
  it('is named by the pull that brings the first of it, and not again', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    await desk.write('notes/shared', 'for both');
    await desk.sync.track(['notes']);
    await desk.push();
    await laptop.write('notes/own', 'for nobody');
    expect(await laptop.pull()).toMatchObject({ written: 1, skippedFolders: ['notes'] });
    await desk.write('notes/later', 'for both');
    await desk.push();
    expect(await laptop.pull()).toMatchObject({ written: 1, skippedFolders: [] });
  });
});

describe('a force push', () => {
  it('touches nothing behind a problem', async () => {
    const [desk, laptop] = await withFiles('data/old', 'b');
    await laptop.write('n/data/old', 'edited on the laptop');
    await laptop.write('n/data/new', 'new on the laptop');
    await laptop.push();
    await desk.delete('n/data');
    await symlink('/etc', desk.path('n/data'));
    const result = await desk.sync.forcePush(silent, () => Promise.resolve(true));
    expect(result).toMatchObject({ put: 0, deleted: 0 });
    expect(await laptop.pull()).toMatchObject({ written: 0, deleted: 0 });
  });
});

describe('a folder that was emptied', () => {
  it('is asked about before the server is emptied as well, however few files there were', async () => {
    const [desk] = await withFiles('a', 'b', 'c');
    await desk.delete('n');
    await mkdir(desk.path('n'));
    await expect(desk.push()).rejects.toMatchObject({ code: 'deletion_guard' });
    expect(await fixture.pathsOnServer()).toHaveLength(3);
  });
});

describe('a push whose answer was lost', () => {
  it('is no conflict with the edit that was made since', async () => {
    const [desk, laptop] = await withFiles('a', 'b');
    await desk.write('n/a', 'first edit');
    const commitPush = desk.client.commitPush.bind(desk.client);
    desk.client.commitPush = async (tree, id) => {
      await commitPush(tree, id);
      throw new Error('the answer was lost');
    };
    await expect(desk.push()).rejects.toThrow('lost');
    desk.client.commitPush = commitPush;
    await desk.write('n/a', 'second edit');
    expect(await desk.push()).toMatchObject({ revision: 3, put: 1 });
    await laptop.pull();
    expect(await laptop.read('n/a')).toBe('second edit');
  });
});

describe('two windows on one folder', () => {
  it('do not mix two trees when one of them is bound to another', async () => {
    const first = await fixture.machine();
    const second = await fixture.machine({ tree: `${fixture.tree}-other`, root: first.root, storage: first.storage });
    await first.write('n/a', 'a');
    await expect(first.sync.track(['n'])).resolves.toBeUndefined();
    await expect(first.push()).rejects.toMatchObject({ code: 'not_connected' });
    expect(await second.push()).toMatchObject({ put: 1 });
  });
});

describe('a server that was restored from a backup', () => {
  const fixture = serverFixture('test');

  it('and went on to the same revision is found out, and nothing of either history is overwritten', async () => {
    const { server } = fixture;
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': 'one', 'n/b': 'one' });
    const backup = await server.backUp();
    await desk.write('n/b', "the desk's");
    await desk.push();
    await server.restore(backup);
    await laptop.write('n/a', "the laptop's");
    expect(await laptop.push()).toMatchObject({ revision: 2 });

    await desk.write('n/a', "the desk's");
    await expect(desk.push()).rejects.toMatchObject({ code: 'revision_not_found' });
    expect((await desk.pull()).conflicts).toEqual(['n/a', 'n/b']);
    expect(await desk.read('n/a')).toBe("the desk's");
    expect((await laptop.pull()).revision).toBe(2);
    expect(await laptop.read('n/a')).toBe("the laptop's");
  });
});

describe('files that stand on both sides already', () => {
  it('are agreed on by a look at the server, so that an edit that follows is no conflict', async () => {
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
