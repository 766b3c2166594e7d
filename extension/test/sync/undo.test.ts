import { readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isTemporary } from '../../src/core/temporaryName';
import { expectSame, silent, type Listed, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

const lines = (listed: Map<string, Listed>) => [...listed].map(([path, { line }]) => `${path} ${line}`);

describe('an undone pull', () => {
  /** The laptop has pulled edits, deletions, renames, additions and swaps of the desk. */
  async function pulled(): Promise<{ desk: Machine; laptop: Machine; before: Map<string, Listed> }> {
    const [desk, laptop] = await fixture.syncedMachines({
      'n/edit': '1',
      'n/gone': '2',
      'n/old name': '3',
      'n/x': 'file',
      'n/y/inner': 'folder',
      'n/mode': '4',
    });
    const before = await laptop.listing();
    await desk.write('n/edit', 'edited');
    await desk.delete('n/gone');
    await desk.rename('n/old name', 'n/new name');
    await desk.write('n/added', 'new');
    await desk.delete('n/x');
    await desk.write('n/x/inner', 'folder now');
    await desk.delete('n/y');
    await desk.write('n/y', 'file now');
    await desk.write('n/mode', '4', 0o755);
    await desk.push(true);
    await laptop.pull(true);
    return { desk, laptop, before };
  }

  it('restores all files, with a backup, and its changes are incoming again', async () => {
    const { desk, laptop, before } = await pulled();
    const after = await laptop.listing();
    expect(await laptop.sync.lastPull()).toMatchObject({ revision: 2, state: 'made' });
    const result = await laptop.sync.undoPull(silent);
    expect(result).toMatchObject({ revision: 2, changedSince: [], skipped: [] });
    expect(result.restored).toEqual(['n/edit', 'n/gone', 'n/mode', 'n/old name', 'n/x', 'n/y/inner']);
    expect(result.removed).toEqual(['n/added', 'n/new name', 'n/x/inner', 'n/y']);
    expectSame(await laptop.listing(), before);
    for (const path of ['n/added', 'n/edit', 'n/new name', 'n/x/inner', 'n/y']) {
      expect(await readFile(join(result.backup ?? '', path))).toBeDefined();
    }
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 9, conflicts: 0 });
    expect(await laptop.push(true)).toMatchObject({ put: 0, deleted: 0 });
    await desk.pull(true);
    expect(lines(await desk.listing())).toEqual(lines(after));
    await laptop.pull(true);
    expectSame(await laptop.listing(), after);
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 0, conflicts: 0 });
  });

  it('brings back a rename, a rename by case, a symlink, and what was tracked by its own name', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': 'content a', 'n/Case': 'content c' });
    await symlink('a', desk.path('n/link'));
    await desk.rename('n/a', 'n/renamed');
    await desk.rename('n/Case', 'n/case');
    await desk.write('solo', 'tracked by name');
    await desk.sync.track(['solo']);
    await desk.push(true);
    const before = await laptop.listing();
    await laptop.pull(true);
    const after = await laptop.listing();
    await laptop.sync.undoPull(silent);
    await laptop.sync.rescan(silent);
    expectSame(await laptop.listing(), before);
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 4, conflicts: 0 });
    expect(await laptop.push()).toMatchObject({ put: 0, deleted: 0 });
    await laptop.pull(true);
    expectSame(await laptop.listing(), after);
  });

  it('remains incoming in a new window, after a rescan and after pushes of other files by both sides', async () => {
    const { desk, laptop: opened } = await pulled();
    await opened.sync.undoPull(silent);
    await opened.close();
    const laptop = await fixture.machine({ root: opened.root, storage: opened.storage });
    await laptop.sync.rescan(silent);
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 9, conflicts: 0 });
    await laptop.write('n/mine', 'new');
    expect(await laptop.push()).toMatchObject({ put: 1, deleted: 0 });
    await desk.pull();
    await desk.write('n/more', 'new');
    await desk.push();
    await laptop.sync.rescan(silent);
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 10, conflicts: 0 });
    await laptop.pull(true);
    expect(lines(await laptop.listing())).toEqual(lines(await desk.listing()));
  });

  it('is in conflict with what is edited, deleted or created here afterwards', async () => {
    const [desk, laptop] = await fixture.syncedMachines({
      'n/edit': '1',
      'n/deleted here': '2',
      'n/deleted there': '3',
    });
    await desk.write('n/edit', 'desk');
    await desk.write('n/deleted here', 'desk');
    await desk.delete('n/deleted there');
    await desk.write('n/added', 'desk');
    await desk.push();
    await laptop.pull();
    await laptop.sync.undoPull(silent);
    await laptop.write('n/edit', 'laptop');
    await laptop.delete('n/deleted here');
    await laptop.write('n/deleted there', 'laptop');
    await laptop.write('n/added', 'laptop');
    await laptop.sync.rescan(silent);
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 0, conflicts: 4 });
    expect(await laptop.push()).toMatchObject({ put: 0, deleted: 0 });
    expect(await laptop.pull()).toMatchObject({ written: 0, deleted: 0 });
    expect(await laptop.read('n/edit')).toBe('laptop');
  });

  it('is in sync if the user makes the same changes, or if the server takes them back', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1', 'n/b': '1' });
    await desk.write('n/a', '2');
    await desk.write('n/b', '2');
    await desk.push();
    await laptop.pull();
    await laptop.sync.undoPull(silent);
    await laptop.write('n/a', '2');
    await desk.write('n/b', '1');
    await desk.push();
    await laptop.sync.rescan(silent);
    expect(laptop.sync.state).toMatchObject({ revision: 3, counts: { outgoing: 0, incoming: 0, conflicts: 0 } });
  });

  it('can be one of several, and the next pull brings the changes of all again', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    await desk.write('n/a', '2');
    await desk.write('n/gone', 'for a while');
    await desk.push();
    await laptop.pull();
    await desk.write('n/a', '3');
    await desk.delete('n/gone');
    await desk.push();
    await laptop.pull(true);
    await laptop.sync.undoPull(silent);
    await laptop.sync.undoPull(silent);
    expect([...(await laptop.listing('n')).keys()]).toEqual(['a']);
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 1, conflicts: 0 });
    await laptop.pull();
    expectSame(await laptop.listing(), await desk.listing());
  });

  it('leaves files that changed since alone, as changes of this disk, and makes the others incoming', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1', 'n/b': '1', 'n/c': '1' });
    for (const path of ['n/a', 'n/b', 'n/c']) await desk.write(path, '2');
    await desk.push();
    await laptop.pull();
    await laptop.write('n/a', 'since');
    const result = await laptop.sync.undoPull(silent, { hasUnsavedEdits: (path) => path === 'n/b' });
    expect(result).toMatchObject({ restored: ['n/c'], changedSince: ['n/a'] });
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 1, incoming: 1, conflicts: 0 });
    await laptop.push();
    await desk.pull();
    expect([await desk.read('n/a'), await desk.read('n/b'), await desk.read('n/c')]).toEqual(['since', '2', '2']);
  });

  it('has a plan that says exactly what the undo does', async () => {
    const { laptop } = await pulled();
    await laptop.write('n/added', 'since');
    await laptop.delete('n/mode');
    const options = { hasUnsavedEdits: (path: string) => path === 'n/edit' };
    const before = await laptop.listing();
    const plan = await laptop.sync.planUndoPull(silent, options);
    expectSame(await laptop.listing(), before);
    expect(plan).toMatchObject({ revision: 2, changedSince: ['n/added', 'n/mode'], unsaved: ['n/edit'], lost: [] });
    expect(plan).toMatchObject({ backup: (await laptop.sync.lastPull())?.backup, conflicts: [] });
    // The user has not seen what changed after the plan was made.
    await laptop.write('n/y', 'since');
    const paths = new Set([...plan.restored, ...plan.removed]);
    const result = await laptop.sync.undoPull(silent, { only: plan.backup, paths });
    expect(result.restored).toEqual(plan.restored.filter((path) => path !== 'n/y/inner'));
    expect(result.removed).toEqual(plan.removed.filter((path) => path !== 'n/y'));
    expect(result.changedSince).toEqual(['n/added', 'n/mode', 'n/y', 'n/y/inner']);
    expect(await laptop.read('n/edit')).toBe('edited');
  });

  it('has a plan that names the files that the backup has lost', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': 'one', 'n/b': 'two' });
    await desk.write('n/a', 'edited');
    await desk.write('n/b', 'edited too');
    await desk.push();
    const { backup } = await laptop.pull();
    await rm(join(backup ?? '', 'n/a'));
    expect(await laptop.sync.planUndoPull(silent)).toMatchObject({ restored: ['n/b'], lost: ['n/a'] });
    await laptop.write('n/copy', 'one');
    expect(await laptop.sync.planUndoPull(silent)).toMatchObject({ restored: ['n/a', 'n/b'], lost: [] });
  });

  it('has no plan if nothing can be undone', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    await expect(desk.sync.planUndoPull(silent)).rejects.toMatchObject({ code: 'nothing_to_undo', details: {} });
    await laptop.write('n/a', 'since');
    const changed = { code: 'nothing_to_undo', details: { paths: ['n/a'] } };
    await expect(laptop.sync.planUndoPull(silent)).rejects.toMatchObject(changed);
  });

  it('leaves paths alone that changed since, have unsaved edits or are not syncable any more', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1', 'n/b': '1', 'n/c': '1', 'n/d': '1' });
    for (const path of ['n/a', 'n/b', 'n/c', 'n/d']) await desk.write(path, '2');
    await desk.write('n/e', 'new');
    await desk.push();
    await laptop.pull();
    await laptop.write('n/a', 'since');
    await laptop.sync.untrack(['n/d']);
    const result = await laptop.sync.undoPull(silent, { hasUnsavedEdits: (path) => path === 'n/b' });
    expect(result).toMatchObject({ restored: ['n/c'], removed: ['n/e'], changedSince: ['n/a', 'n/d'] });
    expect(result.skipped).toEqual([{ path: 'n/b', reason: 'unsaved' }]);
    expect([await laptop.read('n/a'), await laptop.read('n/b'), await laptop.read('n/d')]).toEqual(['since', '2', '2']);
    // The next undo restores the skipped path.
    expect(await laptop.sync.undoPull(silent)).toMatchObject({ revision: 2, restored: ['n/b'], skipped: [] });
    expect(await laptop.sync.lastPull()).toMatchObject({ revision: 1 });
  });

  it('can be followed by an undo of the pull before, until there is nothing to undo', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    for (const content of ['2', '3']) {
      await desk.write('n/a', content);
      await desk.push();
      await laptop.pull();
    }
    // A pull without changes cannot be undone.
    await laptop.pull();
    const contents: string[] = [];
    for (let undo = 0; undo < 2; undo++) {
      await laptop.sync.undoPull(silent);
      contents.push(await laptop.read('n/a'));
    }
    expect(contents).toEqual(['2', '1']);
    expect(await laptop.sync.undoPull(silent)).toMatchObject({ revision: 1, removed: ['n/a'] });
    await expect(laptop.sync.undoPull(silent)).rejects.toMatchObject({ code: 'nothing_to_undo', details: {} });
    expect(await laptop.sync.lastPull()).toBeUndefined();
    expect(laptop.sync.state.kind).toBe('idle');
  });

  it('is the requested pull, and not a later one', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    const requested = await laptop.sync.lastPull();
    await desk.write('n/a', '2');
    await desk.push();
    await laptop.pull();
    const undone = laptop.sync.undoPull(silent, { only: requested?.backup ?? '' });
    await expect(undone).rejects.toMatchObject({ code: 'nothing_to_undo' });
    expect(await laptop.read('n/a')).toBe('2');
  });

  it('is not an earlier pull if all changes of the last one have changed since', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    await desk.write('n/a', '2');
    await desk.push();
    await laptop.pull();
    await laptop.write('n/a', 'since');
    const nothing = { code: 'nothing_to_undo', details: { paths: ['n/a'] } };
    await expect(laptop.sync.undoPull(silent)).rejects.toMatchObject(nothing);
    expect(await laptop.read('n/a')).toBe('since');
  });

  it('leaves the backup as it is, and skips files that are missing in it', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': 'one', 'n/b': 'two' });
    await desk.write('n/a', 'edited');
    await desk.write('n/b', 'edited too');
    await desk.push();
    const { backup } = await laptop.pull();
    await rm(join(backup ?? '', 'n/a'));
    const result = await laptop.sync.undoPull(silent);
    expect(result).toMatchObject({ restored: ['n/b'], skipped: [{ path: 'n/a', reason: 'backupMissing' }] });
    expect(await laptop.read('n/a')).toBe('edited');
    expect(await readFile(join(backup ?? '', 'n/b'), 'utf8')).toBe('two');
  });

  it('restores mine after a merge, keeps the result in a backup, and is in conflict again', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1\n2\n3\n4\n5\n' });
    await desk.write('n/a', 'desk\n2\n3\n4\n5\n');
    await desk.push();
    await laptop.write('n/a', '1\n2\n3\n4\nlaptop\n');
    await laptop.sync.pull(silent, { autoMerge: true });
    expect(await laptop.read('n/a')).toBe('desk\n2\n3\n4\nlaptop\n');
    const { backup } = await laptop.sync.undoPull(silent);
    expect(await laptop.read('n/a')).toBe('1\n2\n3\n4\nlaptop\n');
    expect(await readFile(join(backup ?? '', 'n/a'), 'utf8')).toBe('desk\n2\n3\n4\nlaptop\n');
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 0, conflicts: 1 });
    await laptop.push();
    await desk.pull();
    expect(await desk.read('n/a')).toBe('desk\n2\n3\n4\n5\n');
  });

  it('works without a server', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    await desk.write('n/a', '2');
    await desk.push();
    await laptop.pull();
    await laptop.sync.bind(undefined, undefined);
    await laptop.sync.undoPull(silent);
    expect(await laptop.read('n/a')).toBe('1');
    await expect(laptop.sync.history.revisions()).rejects.toMatchObject({ code: 'not_connected' });
    await expect(laptop.sync.undoPush(silent, 2)).rejects.toMatchObject({ code: 'not_connected' });
  });

  it('is not one of another tree', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    await desk.write('n/a', '2');
    await desk.push();
    await laptop.pull();
    await laptop.client.makeTree(`${fixture.tree}-other`);
    await laptop.bind(`${fixture.tree}-other`);
    expect(await laptop.sync.lastPull()).toBeUndefined();
    await expect(laptop.sync.undoPull(silent)).rejects.toMatchObject({ code: 'nothing_to_undo' });
  });
});

describe('an undone pull, after the clock was set back,', () => {
  afterEach(() => void vi.useRealTimers());

  function setClock(time: string): void {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date(time) });
  }

  async function pullEdit(desk: Machine, laptop: Machine, path: string, content: string): Promise<void> {
    await desk.write(path, content);
    await desk.push();
    await laptop.pull();
  }

  it.each([
    ['by a year', '2031-05-06T07:08:09Z', '2030-05-06T07:08:09Z'],
    ['by a millisecond', '2031-05-06T07:08:09.500Z', '2031-05-06T07:08:09.499Z'],
    ['to the time of the pull before', '2031-05-06T07:08:09Z', '2031-05-06T07:08:09Z'],
    ['to the year 1971', '2031-05-06T07:08:09Z', '1971-01-01T00:00:00Z'],
  ])('%s is the last one, then the one before', async (_, first, second) => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1', 'n/b': '1' });
    setClock(first);
    await pullEdit(desk, laptop, 'n/a', '2');
    setClock(second);
    await pullEdit(desk, laptop, 'n/b', '2');
    expect(await laptop.sync.undoPull(silent)).toMatchObject({ revision: 3, restored: ['n/b'] });
    expect(await laptop.sync.undoPull(silent)).toMatchObject({ revision: 2, restored: ['n/a'] });
  });

  it('may be a decision, which is also the first in the list of backups', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1', 'n/b': '1' });
    setClock('2031-05-06T07:08:09Z');
    await pullEdit(desk, laptop, 'n/a', '2');
    setClock('2030-05-06T07:08:09Z');
    await laptop.write('n/b', 'laptop');
    await pullEdit(desk, laptop, 'n/b', 'desk');
    await laptop.sync.resolve(silent, { paths: ['n/b'], choice: 'theirs' });
    expect((await laptop.sync.backups.list()).map(({ purpose }) => purpose)).toEqual(['resolved', 'r2']);
    expect(await laptop.sync.undoPull(silent)).toMatchObject({ restored: ['n/b'] });
    expect(await laptop.read('n/b')).toBe('laptop');
  });

  it('is newer than every pull that version 0.1 recorded, without a number', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1', 'n/b': '1' });
    setClock('2031-05-06T07:08:09Z');
    await pullEdit(desk, laptop, 'n/a', '2');
    const backups = join(laptop.storage, 'backups');
    for (const name of await readdir(backups)) {
      const old = name.replace(/^\d{6}-(?=\d{4}-)/, '');
      expect(old).not.toBe(name);
      await rename(join(backups, name), join(backups, old));
    }
    setClock('2030-05-06T07:08:09Z');
    await pullEdit(desk, laptop, 'n/b', '2');
    expect((await laptop.sync.backups.list()).map(({ purpose }) => purpose)).toEqual(['r3', 'r2']);
    expect(await laptop.sync.undoPull(silent)).toMatchObject({ revision: 3, restored: ['n/b'] });
    expect(await laptop.sync.undoPull(silent)).toMatchObject({ revision: 2, restored: ['n/a'] });
  });
});

/** The files of the machine without temporary ones. These are removed once the process that wrote them has ended. */
async function ownFiles(machine: Machine): Promise<Map<string, Listed>> {
  return new Map([...(await machine.listing())].filter(([path]) => !isTemporary(path)));
}

/** Throws at the `n`th call. Nothing more is written from then on, as after a kill. */
function throwingAt(n: number): (path: string) => boolean {
  let calls = 0;
  return () => {
    if (++calls === n) throw new Error('killed');
    return false;
  };
}

describe('a killed pull', () => {
  const files = { 'n/a': 'a', 'n/b': 'b', 'n/c': 'c', 'n/d': 'd' };

  it('can be undone, whether or not it was continued', async () => {
    for (const isContinued of [false, true]) {
      for (const call of [1, 2, 6, 7]) {
        const [desk, opened] = await fixture.syncedMachines(files);
        const before = await opened.listing();
        await desk.delete('n/a');
        await desk.write('n/b', 'edited b');
        await desk.write('n/c', 'edited c');
        await desk.write('n/e', 'new');
        await desk.push();
        await expect(opened.sync.pull(silent, { hasUnsavedEdits: throwingAt(call) })).rejects.toThrow('killed');
        await opened.close();
        const laptop = await fixture.machine({ root: opened.root, storage: opened.storage });
        await laptop.sync.rescan(silent);
        if (isContinued) {
          await laptop.pull();
          expectSame(await ownFiles(laptop), await desk.listing());
        }
        // The killed pull and the one that continued it are two pulls.
        for (let undo = 0; undo < 3; undo++) {
          const last = await laptop.sync.lastPull();
          if (last?.revision !== 2) break;
          await laptop.sync.undoPull(silent);
        }
        expectSame(await ownFiles(laptop), before);
        await laptop.sync.rescan(silent);
        expect(laptop.sync.state.counts.conflicts).toBe(0);
      }
    }
  });

  it('whose undo was killed too is undone completely by the next undo', async () => {
    const [desk, opened] = await fixture.syncedMachines(files);
    const before = await opened.listing();
    await desk.delete('n/a');
    await desk.write('n/b', 'edited b');
    await desk.write('n/e', 'new');
    await desk.push();
    await opened.pull();
    await expect(opened.sync.undoPull(silent, { hasUnsavedEdits: throwingAt(2) })).rejects.toThrow('killed');
    await opened.close();
    const laptop = await fixture.machine({ root: opened.root, storage: opened.storage });
    expect(await laptop.sync.lastPull()).toMatchObject({ revision: 2, state: 'undoing' });
    await laptop.sync.undoPull(silent);
    expectSame(await ownFiles(laptop), before);
    expect(await laptop.sync.lastPull()).toMatchObject({ revision: 1 });
  });

  it('whose undo was killed too has nothing to push, wherever the undo stopped', async () => {
    for (const call of [1, 2, 3]) {
      const [desk, opened] = await fixture.syncedMachines(files);
      await desk.delete('n/a');
      await desk.write('n/b', 'edited b');
      await desk.write('n/e', 'new');
      await desk.push();
      await opened.pull();
      await expect(opened.sync.undoPull(silent, { hasUnsavedEdits: throwingAt(call) })).rejects.toThrow('killed');
      await opened.close();
      const laptop = await fixture.machine({ root: opened.root, storage: opened.storage });
      await laptop.sync.rescan(silent);
      expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, conflicts: 0 });
      expect(await laptop.push(true)).toMatchObject({ put: 0, deleted: 0 });
      await laptop.pull(true);
      expectSame(await ownFiles(laptop), await desk.listing());
    }
  });

  it('is found despite damaged records and those of another version', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    await desk.write('n/a', '2');
    await desk.push();
    await laptop.pull();
    const backups = join(laptop.storage, 'backups');
    await writeFile(join(backups, '9999-r9.pull.json'), '{"version":2}');
    await writeFile(join(backups, '9998-r9.pull.json'), 'not JSON');
    expect(await laptop.sync.lastPull()).toMatchObject({ revision: 2 });
    await laptop.sync.undoPull(silent);
    expect(await laptop.read('n/a')).toBe('1');
    expect((await readdir(backups)).filter((name) => name.endsWith('-undone-r2'))).toHaveLength(1);
  });
});
