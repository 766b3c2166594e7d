import { readdir } from 'node:fs/promises';
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
