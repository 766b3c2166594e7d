import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { atOrIn } from '../../src/core/pathArea';
import { expectSame, silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

/** In the synced folder `n`, one file is edited, one deleted and one new. */
async function changed(): Promise<{ readonly desk: Machine; readonly laptop: Machine }> {
  const [desk, laptop] = await fixture.syncedMachines({ 'n/edit': 'synced', 'n/gone': 'synced', 'n/same': 'synced' });
  await desk.write('n/edit', 'mine');
  await desk.delete('n/gone');
  await desk.write('n/new', 'mine');
  return { desk, laptop };
}

describe('a discard', () => {
  it('takes edits, deletions and new files back to the last sync, with a backup, and can be undone', async () => {
    const { desk, laptop } = await changed();
    const before = await desk.listing();
    const plan = await desk.sync.planDiscard(silent, { paths: ['n'] });
    expect(plan).toEqual({ replaced: ['n/edit'], created: ['n/gone'], removed: ['n/new'], conflicts: [] });
    expectSame(await desk.listing(), before);

    const { discarded, skipped, backup } = await desk.sync.discard(silent, { paths: ['n'] });
    expect({ discarded, skipped }).toEqual({ discarded: ['n/edit', 'n/gone', 'n/new'], skipped: [] });
    expectSame(await desk.listing(), await laptop.listing());
    expect(desk.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 0 });
    expect(await readFile(join(backup, 'n/edit'), 'utf8')).toBe('mine');
    expect(await readFile(join(backup, 'n/new'), 'utf8')).toBe('mine');

    expect((await desk.sync.planUndoPull(silent, { only: backup })).kind).toBe('discard');
    await desk.sync.undoPull(silent, { only: backup });
    expectSame(await desk.listing(), before);
    expect(desk.sync.state.counts).toMatchObject({ outgoing: 3, incoming: 0 });
  });

  it('changes only the requested paths, and none that its caller has not seen', async () => {
    const { desk } = await changed();
    await desk.sync.discard(silent, { paths: ['n/edit'] });
    expect([await desk.read('n/edit'), await desk.read('n/new')]).toEqual(['synced', 'mine']);
    await desk.write('n/edit', 'mine again');
    await desk.sync.discard(silent, { paths: ['n'], only: new Set(['n/gone']) });
    expect([...(await desk.listing()).keys()]).toEqual(['n/edit', 'n/gone', 'n/new', 'n/same']);
    expect(await desk.read('n/edit')).toBe('mine again');
  });

  it('leaves newer changes of the server incoming', async () => {
    const { desk, laptop } = await changed();
    await laptop.write('n/edit', 'theirs');
    await laptop.push();
    await desk.sync.rescan(silent);
    expect(desk.sync.pathStates.get('n/edit')).toBe('both');
    await desk.sync.discard(silent, { paths: ['n/edit'] });
    expect(await desk.read('n/edit')).toBe('synced');
    expect(desk.sync.pathStates.get('n/edit')).toBe('incoming');
    await desk.pull();
    expect(await desk.read('n/edit')).toBe('theirs');
  });

  it('leaves conflicts and unsaved files alone', async () => {
    const { desk, laptop } = await changed();
    await laptop.write('n/edit', 'theirs');
    await laptop.push();
    await desk.pull();
    expect((await desk.sync.planDiscard(silent, { paths: ['n'] })).conflicts).toEqual(['n/edit']);
    const hasUnsavedEdits = (path: string): boolean => path === 'n/new';
    const { discarded, skipped } = await desk.sync.discard(silent, { paths: [''] }, { hasUnsavedEdits });
    expect(discarded).toEqual(['n/gone']);
    expect(skipped).toEqual([{ path: 'n/new', reason: 'unsaved' }]);
    expect([await desk.read('n/edit'), await desk.read('n/new')]).toEqual(['mine', 'mine']);
    const inConflict = { code: 'nothing_to_discard', details: { paths: ['n/edit'] } };
    await expect(desk.sync.planDiscard(silent, { paths: ['n/edit'] })).rejects.toMatchObject(inConflict);
  });

  it('restores a folder in whose place a file is, only as a whole', async () => {
    const [desk] = await fixture.syncedMachines({ 'n/a/1': 'one', 'n/a/2': 'two' });
    await desk.delete('n/a');
    await desk.write('n/a', 'a file');
    await expect(desk.sync.discard(silent, { paths: ['n/a/1'] })).rejects.toMatchObject({ code: 'nothing_to_discard' });
    await desk.sync.discard(silent, { paths: ['n/a'] });
    expect([await desk.read('n/a/1'), await desk.read('n/a/2')]).toEqual(['one', 'two']);
  });

  it('refuses if nothing has changed since the last sync', async () => {
    const { desk } = await changed();
    await desk.push(true);
    await expect(desk.sync.planDiscard(silent, { paths: ['n'] })).rejects.toMatchObject({
      code: 'nothing_to_discard',
      details: { paths: [] },
    });
  });
});

describe('a push and a pull of an area', () => {
  it('transfer the changes in it, those included that no scan has seen yet, and no others', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a/1': '1', 'n/b/1': '1' });
    await desk.write('n/a/1', '2');
    await desk.write('n/a/new', 'new');
    await desk.write('n/b/1', '2');
    expect(await desk.push(false, { only: atOrIn(['n/a']) })).toMatchObject({ put: 2 });
    expect(desk.sync.state.counts.outgoing).toBe(1);
    await desk.push();
    await laptop.pull(false, { only: atOrIn(['n/a/new', 'n/b']) });
    expect([await laptop.read('n/a/1'), await laptop.read('n/a/new'), await laptop.read('n/b/1')]).toEqual([
      '1',
      'new',
      '2',
    ]);
    expect(laptop.sync.state.counts).toMatchObject({ incoming: 1, outgoing: 0 });
  });
});
