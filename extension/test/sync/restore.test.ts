import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectSame, silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

function restore(machine: Machine, paths: readonly string[], revision: number, unsaved: readonly string[] = []) {
  const hasUnsavedEdits = (path: string): boolean => unsaved.includes(path);
  return machine.sync.restore(silent, { paths, revision }, { hasUnsavedEdits });
}

/** Revision 1 has `n/a.md` and `n/sub/b.md`; revision 2 edits the first, deletes the second and adds `n/c.md`. */
async function twoRevisions(): Promise<Machine> {
  const desk = await fixture.machine();
  await desk.write('n/a.md', 'first a', 0o644);
  await desk.write('n/sub/b.md', 'first b', 0o755);
  await desk.sync.track(['n']);
  await desk.push();
  await desk.write('n/a.md', 'second a');
  await desk.delete('n/sub/b.md');
  await desk.write('n/c.md', 'later');
  await desk.push(true);
  return desk;
}

describe('a restore', () => {
  it('restores a file as a local change, with a backup, and a push sends it', async () => {
    const desk = await twoRevisions();
    const { written, skipped, backup } = await restore(desk, ['n/a.md'], 1);
    expect({ written, skipped }).toEqual({ written: ['n/a.md'], skipped: [] });
    expect(await desk.read('n/a.md')).toBe('first a');
    expect(await readFile(join(backup, 'n/a.md'), 'utf8')).toBe('second a');
    expect(desk.sync.state.counts).toMatchObject({ outgoing: 1, incoming: 0, conflicts: 0 });
    expect(await desk.push()).toMatchObject({ revision: 3, put: 1, uploadedBytes: 0 });
  });

  it('restores a folder without deleting later files, and another machine pulls it', async () => {
    const desk = await twoRevisions();
    expect((await restore(desk, ['n'], 1)).written).toEqual(['n/a.md', 'n/sub/b.md']);
    expect([...(await desk.listing()).keys()]).toEqual(['n/a.md', 'n/c.md', 'n/sub/b.md']);
    expect((await desk.listing()).get('n/sub/b.md')?.line).toContain('file 755 ');
    await desk.push();
    const laptop = await fixture.machine();
    await laptop.pull();
    expectSame(await laptop.listing(), await desk.listing());
  });

  it('writes only the files that differ', async () => {
    const desk = await twoRevisions();
    expect((await restore(desk, [''], 2)).written).toEqual([]);
    expect(await restore(desk, [''], 2)).toMatchObject({ written: [], skipped: [] });
    expect(await desk.sync.backups.list()).toEqual([]);
    expect((await restore(desk, [''], 1)).written).toEqual(['n/a.md', 'n/sub/b.md']);
    expect((await restore(desk, [''], 1)).written).toEqual([]);
  });

  it('has a plan that says exactly what it does, and does no more', async () => {
    const desk = await twoRevisions();
    await desk.write('n/new.md', 'new');
    await desk.sync.untrack(['n/a.md']);
    const before = await desk.listing();
    const plan = await desk.sync.planRestore(silent, { paths: ['n', 'n/a.md'], revision: 1 });
    expect(plan).toEqual({ replaced: [], untracked: ['n/a.md'], created: ['n/sub/b.md'], absent: [] });
    expectSame(await desk.listing(), before);
    expect([desk.sync.isTracked('n/a.md'), desk.sync.isOnDisk('n/a.md')]).toEqual([false, false]);
    const only = new Set(plan.created);
    const request = { paths: ['n', 'n/a.md'], revision: 1, only };
    expect(await desk.sync.restore(silent, request)).toMatchObject({ written: ['n/sub/b.md'], skipped: [] });
    expect(desk.sync.isTracked('n/a.md')).toBe(false);
    await expect(desk.sync.planRestore(silent, { paths: ['x'], revision: 1 })).rejects.toMatchObject({
      code: 'not_in_revision',
    });
  });

  it('throws if the revision has none of the paths, and changes nothing', async () => {
    const desk = await twoRevisions();
    const nowhere = { code: 'not_in_revision', details: { paths: ['n/c.md', 'x'], subject: '1' } };
    await expect(restore(desk, ['n/c.md', 'x'], 1)).rejects.toMatchObject(nowhere);
    await expect(restore(desk, [''], 0)).rejects.toMatchObject({ code: 'not_in_revision', details: { subject: '0' } });
    await expect(restore(desk, ['n/a.md'], 9)).rejects.toMatchObject({ code: 'revision_not_found' });
    expect((await restore(desk, ['n/c.md', 'n/sub'], 1)).written).toEqual(['n/sub/b.md']);
  });

  it('skips files with unsaved edits and files at the path of a folder', async () => {
    const desk = await twoRevisions();
    await desk.write('n/sub/b.md/inner.md', 'a folder now');
    const { written, skipped } = await restore(desk, ['n'], 1, ['n/a.md']);
    expect(written).toEqual([]);
    expect([...skipped].sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
      { path: 'n/a.md', reason: 'unsaved' },
      { path: 'n/sub/b.md', reason: 'occupied' },
    ]);
    expect(await desk.read('n/a.md')).toBe('second a');
    expect(await desk.read('n/sub/b.md/inner.md')).toBe('a folder now');
  });

  it('skips files below a path that is a file now', async () => {
    const desk = await twoRevisions();
    await desk.delete('n/sub');
    await desk.write('n/sub', 'a file now');
    expect((await restore(desk, ['n/sub'], 1)).skipped).toEqual([{ path: 'n/sub/b.md', reason: 'blocked' }]);
    expect(await desk.read('n/sub')).toBe('a file now');
  });

  it('keeps a version in the backup that was never pushed', async () => {
    const desk = await twoRevisions();
    await desk.write('n/a.md', 'never pushed');
    const { backup } = await restore(desk, ['n/a.md'], 1);
    expect(await readFile(join(backup, 'n/a.md'), 'utf8')).toBe('never pushed');
  });

  it('tracks an untracked file again, with a backup and without a conflict', async () => {
    const desk = await twoRevisions();
    await desk.sync.untrack(['n/a.md']);
    expect(desk.sync.state.counts).toMatchObject({ tracked: 1, outgoing: 0, conflicts: 0 });
    const { written, backup } = await restore(desk, ['n/a.md'], 1);
    expect(written).toEqual(['n/a.md']);
    expect(await readFile(join(backup, 'n/a.md'), 'utf8')).toBe('second a');
    expect(desk.sync.state.counts).toMatchObject({ tracked: 2, outgoing: 1, conflicts: 0 });
    await desk.push();
    expect(new TextDecoder().decode(await desk.sync.history.serverContent('n/a.md', 3))).toBe('first a');
  });

  it('skips untracked files if only their folder is requested', async () => {
    const desk = await twoRevisions();
    await desk.sync.untrack(['n/a.md']);
    await desk.write('n/a.md', 'private');
    expect((await restore(desk, ['n'], 1)).written).toEqual(['n/sub/b.md']);
    expect(await desk.read('n/a.md')).toBe('private');
    const result = await restore(desk, ['n/a.md'], 1, ['n/a.md']);
    expect(result.skipped).toEqual([{ path: 'n/a.md', reason: 'unsaved' }]);
    await desk.sync.rescan(silent);
    expect(desk.sync.isOnDisk('n/a.md')).toBe(false);
    expect(await desk.push()).toMatchObject({ put: 1 });
  });

  it('restores a file on a machine that has not pulled yet', async () => {
    await twoRevisions();
    const laptop = await fixture.machine();
    await restore(laptop, ['n/sub/b.md'], 1);
    expect([...(await laptop.listing()).keys()]).toEqual(['n/sub/b.md']);
    expect(await laptop.pull()).toMatchObject({ written: 2, conflicts: [] });
    expect(await laptop.push()).toMatchObject({ revision: 3, put: 1, deleted: 0 });
  });

  it('leaves a conflict undecided', async () => {
    const desk = await twoRevisions();
    const laptop = await fixture.machine();
    await laptop.pull();
    await desk.write('n/a.md', 'third, desk');
    await desk.push();
    await laptop.write('n/a.md', 'third, laptop');
    await laptop.pull();
    await restore(laptop, ['n/a.md'], 1);
    expect(await laptop.read('n/a.md')).toBe('first a');
    expect(laptop.sync.state.counts).toMatchObject({ conflicts: 1, outgoing: 0 });
  });

  it("puts a file in conflict with the server's unapplied version, and the next pull does not replace it", async () => {
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
});
