import { mkdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { silent } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

const files = { 'n/a': 'a', 'n/build/x': 'x', 'n/build/y': 'y' };

describe('a .palmtreeignore', () => {
  it('travels with the tree, deletes nothing, and a pull names the files that it excludes', async () => {
    const [desk, laptop] = await fixture.syncedMachines(files);
    await desk.write('.palmtreeignore', '/n/build/\n');
    await desk.write('n/build/x', 'changed');
    expect(await desk.push()).toMatchObject({ put: 1, deleted: 0 });
    expect(await fixture.pathsOnServer()).toEqual(['.palmtreeignore', ...Object.keys(files)]);

    const excluded = ['n/build/x', 'n/build/y'].map((path) => ({ path, by: '.palmtreeignore' }));
    const pulled = await laptop.pull();
    expect(pulled).toMatchObject({ written: 1, deleted: 0, held: [] });
    expect(pulled.excluded).toEqual(excluded);
    expect(laptop.sync.choice.sharedlyExcluded()).toEqual(excluded);
    expect(await laptop.read('n/build/x')).toBe('x');
    await laptop.delete('n/build/x');
    await laptop.write('n/build/y', 'mine');
    expect(await laptop.push()).toMatchObject({ put: 0, deleted: 0 });
    expect(await fixture.pathsOnServer()).toEqual(['.palmtreeignore', ...Object.keys(files)]);

    // What is no longer excluded is synced again, and is in conflict only if both sides changed it.
    await desk.write('.palmtreeignore', '# nothing\n');
    await desk.push();
    expect(await laptop.pull()).toMatchObject({ conflicts: [] });
    await laptop.pull();
    expect(await desk.read('n/build/x')).toBe('changed');
    expect([...laptop.sync.pathStates]).toEqual([['n/build/y', 'conflict']]);
  });

  it('excludes files for a new machine, even those that it would track one by one', async () => {
    const desk = await fixture.machine();
    for (const [path, content] of Object.entries(files)) await desk.write(path, content);
    await desk.sync.track(['n']);
    await desk.push();
    await desk.write('.palmtreeignore', 'build\n');
    await desk.push();
    const laptop = await fixture.machine();
    await laptop.write('n/other', 'not to be pushed');
    const pulled = await laptop.pull();
    expect(pulled.skippedFolders).toEqual(['n']);
    expect(pulled.excluded?.map(({ path }) => path)).toEqual(['n/build/x', 'n/build/y']);
    await laptop.write('n/build/x', 'changed');
    await laptop.write('n/a', 'changed');
    expect(await laptop.push()).toMatchObject({ put: 1, deleted: 0 });
  });

  it('is tracked on a machine that tracks one folder, until it is untracked', async () => {
    const [desk, laptop] = await fixture.syncedMachines(files);
    await desk.write('.palmtreeignore', '*.log\n');
    await desk.write('other.txt', 'not tracked');
    await desk.push();
    await laptop.pull();
    await laptop.write('.palmtreeignore', '*.log\n*.tmp\n');
    await desk.write('.palmtreeignore', '*.bak\n');
    await laptop.push();
    expect(await desk.pull()).toMatchObject({ conflicts: ['.palmtreeignore'] });
    await desk.sync.resolve(silent, { paths: ['.palmtreeignore'], choice: 'theirs' });
    await desk.write('n/a.tmp', 'x');
    expect(await desk.push()).toMatchObject({ put: 0 });
    await desk.sync.untrack(['.palmtreeignore']);
    await desk.write('.palmtreeignore', '');
    expect(await desk.push()).toMatchObject({ put: 1, deleted: 0 });
    expect(await fixture.pathsOnServer()).toEqual(['.palmtreeignore', ...['n/a', 'n/a.tmp'], 'n/build/x', 'n/build/y']);
  });

  it('that cannot be read keeps everything from being pushed, and is mended by a file event', async () => {
    const [desk] = await fixture.syncedMachines(files);
    await mkdir(desk.path('.palmtreeignore'));
    await desk.write('n/secret', 'secret');
    await desk.delete('n/a');
    expect(await desk.push()).toMatchObject({ put: 0, deleted: 0 });
    expect(desk.sync.problemAt('.palmtreeignore')).toMatchObject({ reason: 'shared-not-a-file' });
    await desk.delete('.palmtreeignore');
    await desk.write('.palmtreeignore', 'secret\n');
    const changed = new Promise<void>((resolve) => {
      desk.sync.onDidChangeState(() => void (desk.sync.pathStates.size === 2 && resolve()));
    });
    desk.sync.onFileEvents(['.palmtreeignore']);
    await changed;
    expect(Object.fromEntries(desk.sync.pathStates)).toEqual({ '.palmtreeignore': 'added', 'n/a': 'deleted' });
  });
});

describe('a .palmtree.json', () => {
  it('decides about merges where the machine does not, and not elsewhere', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1\n2\n3\n4\n5\n' });
    await desk.write('.palmtree.json', '{"autoMerge": false, "exclude": ["*.log"]}');
    await desk.write('n/x.log', 'x');
    await desk.push();
    await laptop.pull();
    await desk.write('n/a', 'one\n2\n3\n4\n5\n');
    await desk.push();
    await laptop.write('n/a', '1\n2\n3\n4\nfive\n');
    expect(await laptop.pull(false, { autoMerge: 'shared' })).toMatchObject({ merged: [], conflicts: ['n/a'] });
    expect(await laptop.pull(false, { autoMerge: true })).toMatchObject({ merged: ['n/a'], conflicts: [] });
    expect(await fixture.pathsOnServer()).toEqual(['.palmtree.json', 'n/a']);
  });
});
