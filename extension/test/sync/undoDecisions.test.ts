import { mkdir, readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Choice } from '../../src/sync/conflicts/resolve';
import { expectSame, silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

/** The desk has pushed an edit, a deletion and a new file, which are in conflict with the laptop's. */
async function inConflict(): Promise<{ desk: Machine; laptop: Machine; paths: readonly string[] }> {
  const [desk, laptop] = await fixture.syncedMachines({ 'n/edit': '1', 'n/gone here': '1', 'n/gone there': '1' });
  await desk.write('n/edit', 'desk');
  await desk.write('n/gone here', 'desk');
  await desk.delete('n/gone there');
  await desk.write('n/new', 'desk');
  await desk.push();
  await laptop.write('n/edit', 'laptop');
  await laptop.delete('n/gone here');
  await laptop.write('n/gone there', 'laptop');
  await laptop.write('n/new', 'laptop');
  await laptop.pull();
  const paths = ['n/edit', 'n/gone here', 'n/gone there', 'n/new'];
  expect(laptop.sync.conflicts.map(({ path }) => path)).toEqual(paths);
  return { desk, laptop, paths };
}

describe('the undo of a decision', () => {
  it.each<Choice>(['mine', 'theirs', 'both'])('for %s leaves every file and conflict as before', async (choice) => {
    const { desk, laptop, paths } = await inConflict();
    const before = await laptop.listing();
    const { backup } = await laptop.sync.resolve(silent, { paths, choice });
    expect(laptop.sync.state.counts.conflicts).toBe(0);
    const plan = await laptop.sync.planUndoPull(silent, { only: backup });
    const undone = await laptop.sync.undoPull(silent, { only: backup });
    expect(plan.kind).toBe('decision');
    expect(undone).toMatchObject({ conflicts: paths, changedSince: [], skipped: [] });
    expect([plan.restored, plan.removed, plan.conflicts]).toEqual([undone.restored, undone.removed, undone.conflicts]);
    expectSame(await laptop.listing(), before);
    expect(laptop.sync.state.counts).toMatchObject({ conflicts: 4, outgoing: 0, incoming: 0 });
    expect(await laptop.push()).toMatchObject({ put: 0, deleted: 0 });
    await desk.pull();
    expect(await desk.read('n/edit')).toBe('desk');
    await expect(laptop.sync.undoPull(silent, { only: backup })).rejects.toMatchObject({
      code: 'nothing_to_undo',
      details: { undo: { state: 'undone' } },
    });
  });

  it.each<Choice>(['mine', 'theirs', 'both'])(
    'for %s, about a file and a folder, brings the conflict back',
    async (choice) => {
      const [desk, laptop] = await fixture.syncedMachines({ 'n/k': '1' });
      await desk.write('n/x/1', 'desk');
      await desk.write('n/x/2', 'desk');
      await desk.push();
      await laptop.write('n/x', 'laptop');
      await laptop.pull();
      const before = await laptop.listing();
      const conflicts = ['n/x', 'n/x/1', 'n/x/2'];
      const { backup } = await laptop.sync.resolve(silent, { paths: ['n/x'], choice });
      const undone = await laptop.sync.undoPull(silent, { only: backup });
      expect([...undone.conflicts].sort()).toEqual(conflicts);
      expectSame(await laptop.listing(), before);
      expect(laptop.sync.conflicts.map(({ path }) => path)).toEqual(conflicts);
    },
  );

  it('for mine works although mine was edited since, and although other files were pulled', async () => {
    const { desk, laptop } = await inConflict();
    const { backup } = await laptop.sync.resolve(silent, { paths: ['n/edit'], choice: 'mine' });
    await laptop.write('n/edit', 'laptop, edited');
    await desk.write('n/other', 'desk');
    await desk.push();
    await laptop.pull();
    expect(await laptop.sync.undoPull(silent, { only: backup })).toMatchObject({ conflicts: ['n/edit'] });
    expect(await laptop.read('n/edit')).toBe('laptop, edited');
    expect(laptop.sync.conflicts.map(({ path }) => path)).toContain('n/edit');
    expect(await laptop.sync.lastPull()).toMatchObject({ revision: 3 });
  });

  it('for theirs works although other files were pulled since, and leaves these alone', async () => {
    const { desk, laptop } = await inConflict();
    const { backup } = await laptop.sync.resolve(silent, { paths: ['n/edit', 'n/new'], choice: 'theirs' });
    await desk.write('n/new', 'desk, edited');
    await desk.write('n/other', 'desk');
    await desk.push();
    await laptop.pull();
    const undone = await laptop.sync.undoPull(silent, { only: backup });
    expect(undone).toMatchObject({ restored: ['n/edit'], conflicts: ['n/edit'], changedSince: ['n/new'] });
    expect([await laptop.read('n/edit'), await laptop.read('n/other')]).toEqual(['laptop', 'desk']);
    expect(await laptop.sync.lastPull()).toMatchObject({ revision: 3 });
  });

  it.each<Choice>(['mine', 'both'])('for %s is refused once it was pushed', async (choice) => {
    const { desk, laptop } = await inConflict();
    const { backup } = await laptop.sync.resolve(silent, { paths: ['n/edit'], choice });
    await laptop.push();
    const nothing = { code: 'nothing_to_undo' };
    await expect(laptop.sync.undoPull(silent, { only: backup })).rejects.toMatchObject(nothing);
    await desk.pull();
    expect(await desk.read('n/edit')).toBe('laptop');
    expect(await readdir(desk.path('n'))).toEqual(await readdir(laptop.path('n')).then(withoutConflicts));
  });

  it('leaves alone a copy of theirs that was edited since', async () => {
    const { laptop } = await inConflict();
    const { backup, theirPaths } = await laptop.sync.resolve(silent, { paths: ['n/edit'], choice: 'both' });
    const copy = theirPaths.get('n/edit') ?? '';
    await laptop.write(copy, 'edited');
    const undone = await laptop.sync.undoPull(silent, { only: backup });
    expect(undone).toMatchObject({ conflicts: ['n/edit'], removed: [], changedSince: [copy] });
    expect(await laptop.read(copy)).toBe('edited');
  });

  it('still works in a new window', async () => {
    const { laptop: opened } = await inConflict();
    const { backup } = await opened.sync.resolve(silent, { paths: ['n/edit'], choice: 'mine' });
    await opened.close();
    const laptop = await fixture.machine({ root: opened.root, storage: opened.storage });
    expect(await laptop.sync.undoPull(silent, { only: backup })).toMatchObject({ conflicts: ['n/edit'] });
    expect(laptop.sync.state.counts.conflicts).toBe(4);
  });
});

/** The desk has no file where the laptop's is still in conflict with a deletion, and the other way round. */
function withoutConflicts(names: readonly string[]): string[] {
  return [...names.filter((name) => name !== 'gone there'), 'gone here'].sort();
}

describe('an untracked path that is tracked again by an undo', () => {
  it('has the changes that it had, on both sides, and no conflict', async () => {
    const [desk, laptop] = await fixture.syncedMachines({
      'n/edit': '1',
      'n/gone': '1',
      'n/same': '1',
      'n/there': '1',
    });
    await laptop.write('n/edit', 'laptop');
    await laptop.delete('n/gone');
    await laptop.write('n/new', 'laptop');
    await laptop.sync.rescan(silent);
    const before = [...laptop.sync.pathStates];
    const untracked = await laptop.sync.untrack(['n']);
    expect(laptop.sync.state.counts).toMatchObject({ tracked: 0, outgoing: 0 });
    await desk.write('n/there', 'desk');
    await desk.push();
    await laptop.sync.trackAgain(untracked);
    await laptop.sync.rescan(silent);
    expect(new Map(laptop.sync.pathStates)).toEqual(new Map([...before, ['n/there', 'incoming']]));
    await laptop.pull();
    await laptop.push();
    await desk.pull();
    expectSame(await desk.listing(), await laptop.listing());
  });

  it('is in conflict again if it was, and remains untracked if it was', async () => {
    const { laptop, paths } = await inConflict();
    await laptop.sync.untrack(['n/new']);
    const untracked = await laptop.sync.untrack(['n']);
    await laptop.sync.trackAgain(untracked);
    expect(laptop.sync.conflicts.map(({ path }) => path)).toEqual(paths.slice(0, 3));
    expect(laptop.sync.isTracked('n/new')).toBe(false);
  });

  it.each([
    ['in its tracked folder', 'n/z', ['n/b', 'n/z']],
    ['to a folder that is not tracked', 'm/z', ['m/z', 'n/b']],
  ])('is renamed on the server too if it was renamed meanwhile, %s', async (_, to, expected) => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1', 'n/b': '1' });
    const untracked = await laptop.sync.untrack(['n/a']);
    await mkdir(laptop.path('m'));
    for (const [from, next] of [
      ['n/a', 'n/y'],
      ['n/y', to],
    ] as const) {
      await laptop.rename(from, next);
      await laptop.sync.rescan(silent);
    }
    await laptop.sync.trackAgain(untracked);
    expect(await laptop.push()).toMatchObject({ put: 1, deleted: 1 });
    expect(await fixture.pathsOnServer()).toEqual(expected);
    await desk.pull();
    expect(await desk.read(to)).toBe('1');
  });

  it('is compared with the server anew if it was pushed after it was tracked by hand', async () => {
    const [, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    const untracked = await laptop.sync.untrack(['n/a']);
    await laptop.sync.track(['n/a']);
    await laptop.write('n/a', '2');
    await laptop.sync.resolve(silent, { paths: ['n/a'], choice: 'mine' });
    await laptop.push();
    await laptop.sync.trackAgain(untracked);
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 0, conflicts: 0 });
  });
});

describe('the undo of a restore', () => {
  it('of a revision leaves files and changes as before', async () => {
    const [, laptop] = await fixture.syncedMachines({ 'n/a': '1', 'n/b': '1', 'n/c': '1' });
    await laptop.write('n/a', '2');
    await laptop.delete('n/b');
    await laptop.push();
    await laptop.write('n/c', 'not pushed');
    await laptop.sync.rescan(silent);
    const before = [await laptop.listing(), [...laptop.sync.pathStates]] as const;
    const restored = await laptop.sync.restore(silent, { paths: ['n'], revision: 1 });
    expect(restored.written).toEqual(['n/a', 'n/b', 'n/c']);
    const undone = await laptop.sync.undoPull(silent, { only: restored.backup });
    expect(undone).toMatchObject({ restored: ['n/a', 'n/c'], removed: ['n/b'], changedSince: [], skipped: [] });
    expectSame(await laptop.listing(), before[0]);
    expect([...laptop.sync.pathStates]).toEqual(before[1]);
  });

  it('of a revision makes incoming and in conflict again what was so before', async () => {
    const { laptop, paths } = await inConflict();
    const before = await laptop.listing();
    const { backup } = await laptop.sync.restore(silent, { paths: ['n'], revision: 1 });
    await laptop.sync.undoPull(silent, { only: backup });
    expectSame(await laptop.listing(), before);
    expect(laptop.sync.conflicts.map(({ path }) => path)).toEqual(paths);
  });

  it.each([
    ['by a rule of its own', ['n/a']],
    ['with its folder', ['n']],
  ])('untracks a path again that was untracked, %s', async (_, untracked) => {
    const [, laptop] = await fixture.syncedMachines({ 'n/a': '1', 'n/b': '1' });
    await laptop.write('n/a', '2');
    await laptop.push();
    await laptop.sync.untrack(untracked);
    await laptop.write('n/a', 'untracked edit');
    const { backup } = await laptop.sync.restore(silent, { paths: ['n/a'], revision: 1 });
    expect(laptop.sync.isTracked('n/a')).toBe(true);
    await laptop.sync.undoPull(silent, { only: backup });
    expect(await laptop.read('n/a')).toBe('untracked edit');
    expect([laptop.sync.isTracked('n/a'), laptop.sync.isOnDisk('n/a')]).toEqual([false, false]);
    expect(laptop.sync.isTracked('n/b')).toBe(untracked[0] === 'n/a');
    await laptop.sync.rescan(silent);
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 0, conflicts: 0 });
  });

  it('of a backup of an untracked file leaves that file as before', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    await desk.write('n/a', '2');
    await desk.push();
    await laptop.pull();
    await laptop.sync.untrack(['n/a']);
    await laptop.write('n/a', 'untracked edit');
    const [backup] = await laptop.sync.backups.list();
    const restored = await laptop.sync.backups.restore(silent, { name: backup?.name ?? '', paths: ['n/a'] });
    expect(await laptop.read('n/a')).toBe('1');
    const undone = await laptop.sync.undoPull(silent, { only: restored.backup });
    expect(undone).toMatchObject({ restored: ['n/a'], changedSince: [] });
    expect(await laptop.read('n/a')).toBe('untracked edit');
    expect(laptop.sync.isTracked('n/a')).toBe(false);
  });
});
