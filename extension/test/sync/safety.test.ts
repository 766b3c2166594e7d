import { mkdir, readdir, symlink } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

/** Two machines with these files in the synced folder `n`. */
function withFiles(...names: string[]): Promise<[Machine, Machine]> {
  return fixture.syncedMachines(Object.fromEntries(names.map((name) => [`n/${name}`, `content of ${name}`])));
}

describe('an untracked file that is tracked again', () => {
  it('is pulled, and not deleted on the server, if it was deleted here meanwhile', async () => {
    const [, laptop] = await withFiles('a', 'b');
    await laptop.sync.untrack(['n/a']);
    await laptop.delete('n/a');
    await laptop.sync.track(['n']);
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 1 });
    expect(await laptop.push()).toMatchObject({ deleted: 0 });
    expect(await laptop.pull()).toMatchObject({ written: 1 });
    expect(await fixture.pathsOnServer()).toEqual(['n/a', 'n/b']);
  });

  it('can be tracked by name if only the server has it', async () => {
    const [, laptop] = await withFiles('a', 'b');
    await laptop.sync.untrack(['n/a']);
    await laptop.delete('n/a');
    await laptop.sync.track(['n/a']);
    expect(await laptop.pull()).toMatchObject({ written: 1 });
    expect(await laptop.read('n/a')).toBe('content of a');
    await expect(laptop.sync.track(['n/nowhere'])).rejects.toMatchObject({ code: 'not_trackable' });
  });

  it('is not deleted on the server if a pattern had excluded it meanwhile', async () => {
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

  it('stays untracked if another machine tracks its folder', async () => {
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

  it('is not deleted on the server if its folder was deleted here before it was untracked', async () => {
    const [, laptop] = await withFiles('sub/a', 'sub/b', 'c');
    await laptop.delete('n/sub');
    await laptop.sync.untrack(['n/sub']);
    expect(await laptop.push()).toMatchObject({ deleted: 0 });
    expect(await fixture.pathsOnServer()).toEqual(['n/c', 'n/sub/a', 'n/sub/b']);
  });

  it('stays untracked if the server has no file in its folder', async () => {
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

describe('files in a folder that another machine tracks', () => {
  it('are not tracked if they were here before', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    await desk.write('shared', 'for both');
    await desk.sync.track(['']);
    await desk.push();
    await laptop.write('private/diary', 'private');
    expect(await laptop.pull()).toMatchObject({ written: 1 });
    expect(await laptop.push()).toMatchObject({ put: 0 });
    expect(await fixture.pathsOnServer()).toEqual(['shared']);
    await desk.write('shared', 'changed');
    await desk.push();
    expect(await laptop.pull()).toMatchObject({ written: 1 });
  });
});

describe('a folder that is not tracked as a whole', () => {
  it('is reported by the pull that brings its first files, and not again', async () => {
    const [desk, laptop] = await fixture.twoMachines();
    await desk.write('notes/shared', 'for both');
    await desk.sync.track(['notes']);
    await desk.push();
    await laptop.write('notes/own', 'private');
    expect(await laptop.pull()).toMatchObject({ written: 1, skippedFolders: ['notes'] });
    await desk.write('notes/later', 'for both');
    await desk.push();
    expect(await laptop.pull()).toMatchObject({ written: 1, skippedFolders: [] });
  });
});

describe('a force push', () => {
  it('changes no path below one with a problem', async () => {
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

describe('an emptied folder', () => {
  it('needs confirmation before a push, even if it had few files', async () => {
    const [desk] = await withFiles('a', 'b', 'c');
    await desk.delete('n');
    await mkdir(desk.path('n'));
    await expect(desk.push()).rejects.toMatchObject({ code: 'deletion_guard' });
    expect(await fixture.pathsOnServer()).toHaveLength(3);
  });
});

describe('a push whose response was lost', () => {
  it('does not conflict with a later edit', async () => {
    const [desk, laptop] = await withFiles('a', 'b');
    await desk.write('n/a', 'first edit');
    const commitPush = desk.client.commitPush.bind(desk.client);
    desk.client.commitPush = async (tree, id) => {
      await commitPush(tree, id);
      throw new Error('the response was lost');
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
  it('do not mix two trees if one window binds another tree', async () => {
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

  it('is detected even at the same revision number, and nothing of either history is overwritten', async () => {
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

describe('equal files on both sides', () => {
  it('are synced by a poll, so that a later edit is no conflict', async () => {
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
