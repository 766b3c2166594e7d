import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isTemporary } from '../../src/core/temporaryName';
import { Client } from '../../src/io/api/client';
import { expectSame, silent, type Listed, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

const lines = (listed: Map<string, Listed>) => [...listed].map(([path, { line }]) => `${path} ${line}`);

describe('undoing a push', () => {
  it('takes back an edit, a rename, a deletion and an addition, touches nothing here, and a pull brings it', async () => {
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
    expect(result).toEqual({ revision: 3, put: 3, deleted: 2, changedSince: [] });
    expectSame(await desk.listing(), after);
    expect(desk.sync.state).toMatchObject({ revision: 2, counts: { incoming: 5, outgoing: 0, conflicts: 0 } });
    expect((await desk.sync.history.revisions()).revisions[0]).toMatchObject({ number: 3, message: 'Undo revision 2' });
    await desk.pull();
    await laptop.pull();
    expectSame(await desk.listing(), before);
    expectSame(await laptop.listing(), before);
  });

  it('swaps a file and a folder back', async () => {
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

  it('leaves what changed since, and what would be a file and a folder at once, and names it', async () => {
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
    expect(result).toEqual({ revision: 4, put: 1, deleted: 0, changedSince: ['n/b', 'n/x', 'n/x/inner'] });
    await desk.pull();
    expect(await desk.read('n/a')).toBe('1');
    expect(await desk.read('n/b')).toBe('since');
    expect(await desk.read('n/x/inner')).toBe('folder now');
  });

  it('says when nothing is left to undo, which is so the second time', async () => {
    const [desk] = await fixture.syncedMachines({ 'n/a': '1' });
    await desk.write('n/a', '2');
    await desk.push();
    await desk.sync.undoPush(silent, 2);
    const nothing = { code: 'nothing_to_undo', details: { paths: ['n/a'] } };
    await expect(desk.sync.undoPush(silent, 2)).rejects.toMatchObject(nothing);
    await expect(desk.sync.undoPush(silent, 9)).rejects.toMatchObject({ code: 'revision_not_found' });
    expect(desk.sync.state.kind).toBe('halted');
    // The undo can itself be undone.
    expect(await desk.sync.undoPush(silent, 3)).toMatchObject({ revision: 4, put: 1 });
    await desk.pull();
    expect(await desk.read('n/a')).toBe('2');
  });

  it('leaves an edit that is not pushed to be decided against it', async () => {
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

  it('is made against the head that is there by then, when another pushes meanwhile', async () => {
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
      await pushOther('before it began');
      return beginPush(...given);
    };
    desk.client.commitPush = async (...given) => {
      desk.client.commitPush = commitPush;
      await pushOther('before it was committed');
      return commitPush(...given);
    };
    expect(await desk.sync.undoPush(silent, 2)).toMatchObject({ revision: 5, put: 1, changedSince: [] });
    await desk.pull();
    expect([await desk.read('n/a'), await desk.read('n/b')]).toEqual(['1', 'before it was committed']);
  });
});

describe('undoing a pull', () => {
  /** The laptop pulled what the desk edited, deleted, renamed, added and swapped. */
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

  it('puts everything back as local changes, keeps what the pull had brought, and a push sends them', async () => {
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
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 10, incoming: 0, conflicts: 0 });
    expect(lines(await desk.listing())).toEqual(lines(after));
    await laptop.push(true);
    await desk.pull(true);
    expect(lines(await desk.listing())).toEqual(lines(before));
  });

  it('leaves what changed since, what is unsaved and what takes part no more', async () => {
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
    // What was held back waits for another undo.
    expect(await laptop.sync.undoPull(silent)).toMatchObject({ revision: 2, restored: ['n/b'], skipped: [] });
    expect(await laptop.sync.lastPull()).toMatchObject({ revision: 1 });
  });

  it('goes back pull by pull, and then says that there is nothing to undo', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    for (const content of ['2', '3']) {
      await desk.write('n/a', content);
      await desk.push();
      await laptop.pull();
    }
    // A pull that brought nothing is none to be undone.
    await laptop.pull();
    const found: string[] = [];
    for (let undo = 0; undo < 2; undo++) {
      await laptop.sync.undoPull(silent);
      found.push(await laptop.read('n/a'));
    }
    expect(found).toEqual(['2', '1']);
    expect(await laptop.sync.undoPull(silent)).toMatchObject({ revision: 1, removed: ['n/a'] });
    await expect(laptop.sync.undoPull(silent)).rejects.toMatchObject({ code: 'nothing_to_undo', details: {} });
    expect(await laptop.sync.lastPull()).toBeUndefined();
    expect(laptop.sync.state.kind).toBe('idle');
  });

  it('is of the pull that was meant, and of none that came since', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    const meant = await laptop.sync.lastPull();
    await desk.write('n/a', '2');
    await desk.push();
    await laptop.pull();
    const undone = laptop.sync.undoPull(silent, { only: meant?.backup ?? '' });
    await expect(undone).rejects.toMatchObject({ code: 'nothing_to_undo' });
    expect(await laptop.read('n/a')).toBe('2');
  });

  it('does not pass over a pull of which all changed since', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    await desk.write('n/a', '2');
    await desk.push();
    await laptop.pull();
    await laptop.write('n/a', 'since');
    const nothing = { code: 'nothing_to_undo', details: { paths: ['n/a'] } };
    await expect(laptop.sync.undoPull(silent)).rejects.toMatchObject(nothing);
    expect(await laptop.read('n/a')).toBe('since');
  });

  it('takes nothing out of a backup, and does without what somebody took out of it', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': 'one', 'n/b': 'two' });
    await desk.write('n/a', 'edited');
    await desk.write('n/b', 'edited too');
    await desk.push();
    const { backup } = await laptop.pull();
    await rm(join(backup ?? '', 'n/a'));
    const result = await laptop.sync.undoPull(silent);
    expect(result).toMatchObject({ restored: ['n/b'], skipped: [{ path: 'n/a', reason: 'missing' }] });
    expect(await laptop.read('n/a')).toBe('edited');
    expect(await readFile(join(backup ?? '', 'n/b'), 'utf8')).toBe('two');
  });

  it('gives back mine where a pull had merged, keeps what was merged, and is in conflict again', async () => {
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

  it('needs no server', async () => {
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
});

/** What a user has: half written files are swept when the process that wrote them is gone, which is this one. */
async function ownFiles(machine: Machine): Promise<Map<string, Listed>> {
  return new Map([...(await machine.listing())].filter(([path]) => !isTemporary(path)));
}

/** Throws when it is asked for the `n`th time: from then on nothing more happens, as after a kill. */
function dyingAt(n: number): (path: string) => boolean {
  let asked = 0;
  return () => {
    if (++asked === n) throw new Error('killed');
    return false;
  };
}

describe('a pull that was killed between its changes', () => {
  const files = { 'n/a': 'a', 'n/b': 'b', 'n/c': 'c', 'n/d': 'd' };

  it('can be undone as far as it came, whether or not it was gone on with', async () => {
    for (const goesOn of [false, true]) {
      for (const death of [1, 2, 6, 7]) {
        const [desk, opened] = await fixture.syncedMachines(files);
        const before = await opened.listing();
        await desk.delete('n/a');
        await desk.write('n/b', 'edited b');
        await desk.write('n/c', 'edited c');
        await desk.write('n/e', 'new');
        await desk.push();
        await expect(opened.sync.pull(silent, { hasUnsavedEdits: dyingAt(death) })).rejects.toThrow('killed');
        await opened.close();
        const laptop = await fixture.machine({ root: opened.root, storage: opened.storage });
        await laptop.sync.rescan(silent);
        if (goesOn) {
          await laptop.pull();
          expectSame(await ownFiles(laptop), await desk.listing());
        }
        // What the killed pull did and what the one after it did are two pulls.
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

  it('leaves an undo that was killed to be gone on with, not taken for one of the pull before', async () => {
    const [desk, opened] = await fixture.syncedMachines(files);
    const before = await opened.listing();
    await desk.delete('n/a');
    await desk.write('n/b', 'edited b');
    await desk.write('n/e', 'new');
    await desk.push();
    await opened.pull();
    await expect(opened.sync.undoPull(silent, { hasUnsavedEdits: dyingAt(2) })).rejects.toThrow('killed');
    await opened.close();
    const laptop = await fixture.machine({ root: opened.root, storage: opened.storage });
    expect(await laptop.sync.lastPull()).toMatchObject({ revision: 2, state: 'undoing' });
    await laptop.sync.undoPull(silent);
    expectSame(await ownFiles(laptop), before);
    expect(await laptop.sync.lastPull()).toMatchObject({ revision: 1 });
  });

  it('passes over a record that is damaged or from another version', async () => {
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
    expect((await readdir(backups)).filter((name) => name.includes('undone'))).toHaveLength(1);
  });
});

describe('the history that a machine asks for', () => {
  it('is told without waiting for what is under way', async () => {
    const [desk] = await fixture.syncedMachines({ 'n/a': '1' });
    await desk.write('n/a', '2');
    await desk.push();
    const other = new Client(fixture.server.url, fixture.server.token);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const beginPush = desk.client.beginPush.bind(desk.client);
    desk.client.beginPush = async (...given) => {
      await held;
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
