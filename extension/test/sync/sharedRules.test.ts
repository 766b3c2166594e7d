import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { ForcePushPlan } from '../../src/sync/push/forcePush';
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

  it('that excludes a tracked folder pushes and pulls nothing that the machine itself excludes', async () => {
    const [desk] = await fixture.syncedMachines(files);
    const victim = await fixture.machine({ exclude: ['/n/private/', '**/.vscode/settings.json'] });
    await victim.pull();
    await victim.write('n/private/passwords', 'secret');
    await desk.write('n/.vscode/settings.json', '{}');
    await desk.write('.palmtreeignore', '/n/\n');
    await desk.write('.palmtree.json', '{"exclude": ["/n/"]}');
    await desk.push();
    for (let round = 0; round < 3; round++) {
      await victim.pull();
      expect(await victim.push()).toMatchObject({ put: 0 });
    }
    expect([...(await victim.listing()).keys()]).not.toContain('n/.vscode/settings.json');
    expect(await fixture.pathsOnServer()).not.toContain('n/private/passwords');
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

  it('with a fault is pushed nowhere, and a pull and a decision can mend it', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    await desk.write('.palmtree.json', '{"exclude": ["*.log"]}');
    await desk.push();
    await laptop.pull();
    await laptop.write('.palmtree.json', '{"exclude": "*.log"}');
    await laptop.write('n/b', 'b');
    expect(await laptop.push()).toMatchObject({ put: 0, deleted: 0 });
    const plans: ForcePushPlan[] = [];
    const refuse = (plan: ForcePushPlan): Promise<boolean> => (plans.push(plan), Promise.resolve(false));
    await expect(laptop.sync.forcePush(silent, refuse)).rejects.toMatchObject({ code: 'cancelled' });
    expect(plans).toMatchObject([{ replaced: [], deleted: [], added: [] }]);
    expect(await fixture.pathsOnServer()).toEqual(['.palmtree.json', 'n/a']);
    expect(laptop.sync.problemAt('.palmtree.json')).toMatchObject({ reason: 'shared-exclude' });

    await desk.write('.palmtree.json', '{"exclude": ["*.tmp"]}');
    await desk.write('n/a', '2');
    await desk.push();
    expect(await laptop.pull()).toMatchObject({ written: 0, conflicts: ['.palmtree.json'] });
    await laptop.sync.resolve(silent, { paths: ['.palmtree.json'], choice: 'theirs' });
    expect(await laptop.pull()).toMatchObject({ written: 1, conflicts: [] });
    expect(await laptop.read('n/a')).toBe('2');
    expect(await laptop.push()).toMatchObject({ put: 1 });
  });

  it('stays in conflict while its merge has markers, and is merged when they are decided', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    const path = '.palmtree.json';
    await desk.write(path, '{"exclude": ["a.log"]}');
    await desk.push();
    await laptop.pull();
    await desk.write(path, '{"exclude": ["desk.log"]}');
    await desk.push();
    await laptop.write(path, '{"exclude": ["laptop.log"]}');
    await laptop.pull();
    const sides = await laptop.sync.merges.start(silent, path);
    await laptop.sync.merges.write(silent, sides);
    const { revision, ancestor, theirs } = sides;
    const merge = { path, revision, ancestor, theirs: createHash('sha256').update(theirs).digest('hex') };
    await laptop.sync.rescan(silent);
    expect(laptop.sync.problemAt(path)).toMatchObject({ reason: 'shared-not-json' });
    expect(laptop.sync.conflicts.map((one) => one.path)).toEqual([path]);
    await expect(laptop.sync.merges.finish(silent, merge)).rejects.toMatchObject({ code: 'conflict_markers' });
    await laptop.write(path, '{"exclude": ["desk.log", "laptop.log"]}');
    expect(await laptop.sync.merges.finish(silent, merge)).toBe('merged');
    expect(await laptop.push()).toMatchObject({ put: 1 });
    expect(await desk.pull()).toMatchObject({ written: 1, conflicts: [] });
  });

  it('whose pull is undone excludes nothing any more', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1', 'n/b.log': '1' });
    await desk.write('.palmtree.json', '{"exclude": ["*.log"]}');
    await desk.push();
    expect((await laptop.pull()).excluded).toEqual([{ path: 'n/b.log', by: '.palmtree.json' }]);
    await laptop.sync.undoPull(silent);
    await laptop.sync.rescan(silent);
    expect(Object.fromEntries(laptop.sync.pathStates)).toEqual({ '.palmtree.json': 'incoming' });
    await laptop.write('n/b.log', '2');
    await laptop.sync.rescan(silent);
    expect(Object.fromEntries(laptop.sync.pathStates)).toEqual({ '.palmtree.json': 'incoming', 'n/b.log': 'modified' });
  });
});
