import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { atOrIn } from '../../src/core/pathArea';
import { expectSame, silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

const files = { 'n/docs/a.md': 'a', 'n/docs/b.md': 'b', 'n/photos/x.jpg': 'xxxx', 'n/todo.md': 't' };

/** A machine whose folder was bound to a tree with files and has never pulled. */
async function newMachine(): Promise<Machine> {
  const [desk, laptop] = await fixture.twoMachines();
  for (const [path, content] of Object.entries(files)) await desk.write(path, content, 0o644);
  await desk.sync.track(['n']);
  await desk.push();
  await laptop.sync.rescan(silent);
  return laptop;
}

async function pathsHere(machine: Machine): Promise<string[]> {
  return [...(await machine.listing()).keys()];
}

const pullOnly = (machine: Machine, paths: readonly string[]) => machine.pull(false, { only: atOrIn(paths) });

describe('what the server has', () => {
  it('is known with sizes before the first pull, and after a restart', async () => {
    const laptop = await newMachine();
    const { serverFiles } = laptop.sync;
    expect((await serverFiles.folders()).totals('')).toEqual({ files: 4, bytes: 7, here: 0 });
    expect(serverFiles.knownAt).toBeGreaterThan(0);
    await laptop.pull();
    expect((await serverFiles.folders()).totals('n/docs')).toEqual({ files: 2, bytes: 2, here: 2 });
    await laptop.close();
    const again = await fixture.machine({ root: laptop.root, storage: laptop.storage, tree: fixture.tree });
    expect((await again.sync.serverFiles.folders()).totals('n')).toEqual({ files: 4, bytes: 7, here: 4 });
    expect(again.sync.serverFiles.knownAt).toBeGreaterThan(0);
  });

  it('is read from this disk where it is here, even without the server', async () => {
    const laptop = await newMachine();
    await laptop.pull();
    await laptop.write('n/docs/a.md', 'edited');
    await fixture.server.kill();
    const { knownRevision, history } = laptop.sync;
    expect(new TextDecoder().decode(await history.serverContent('n/docs/b.md', knownRevision))).toBe('b');
    await expect(history.serverContent('n/docs/a.md', knownRevision)).rejects.toMatchObject({
      code: 'server_unreachable',
    });
  });
});

describe('bringing files here', () => {
  it('pulls a folder and leaves out the rest, which the next pull does not bring either', async () => {
    const laptop = await newMachine();
    const former = await laptop.sync.serverFiles.bring({ paths: ['n/docs'], leave: ['n/photos', 'n/todo.md'] });
    const { undo } = await pullOnly(laptop, ['n/docs']);
    expect(await pathsHere(laptop)).toEqual(['n/docs/a.md', 'n/docs/b.md']);
    await laptop.pull();
    expect(await pathsHere(laptop)).toEqual(['n/docs/a.md', 'n/docs/b.md']);
    expect(laptop.sync.state.counts).toMatchObject({ incoming: 0, outgoing: 0 });
    await laptop.sync.undoPull(silent, { only: undo[0] });
    await laptop.sync.serverFiles.revertBring(former);
    expect(await pathsHere(laptop)).toEqual([]);
    expect(existsSync(laptop.path('n'))).toBe(false);
    expect([...laptop.sync.rules.keys()].filter((path) => path.startsWith('n/docs'))).toEqual([]);
  });

  it('brings what was left out, and one file of a folder that stays left out', async () => {
    const laptop = await newMachine();
    await laptop.pull();
    await laptop.sync.untrack(['n/docs']);
    for (const path of Object.keys(files).filter((one) => one.startsWith('n/docs'))) await laptop.delete(path);
    await laptop.sync.serverFiles.bring({ paths: ['n/docs/b.md'] });
    await pullOnly(laptop, ['n/docs/b.md']);
    expect(await pathsHere(laptop)).toEqual(['n/docs/b.md', 'n/photos/x.jpg', 'n/todo.md']);
    await laptop.push();
    expect(await fixture.pathsOnServer()).toEqual(Object.keys(files));
    await laptop.sync.serverFiles.bring({ paths: ['n/docs'] });
    await pullOnly(laptop, ['n/docs']);
    expect(await pathsHere(laptop)).toEqual(Object.keys(files));
  });

  it('sends no other file of the folder with the next push', async () => {
    const laptop = await newMachine();
    await laptop.write('n/docs/private.md', 'mine');
    await laptop.sync.serverFiles.bring({ paths: ['n/docs'], leave: ['n/photos', 'n/todo.md'] });
    await pullOnly(laptop, ['n/docs']);
    expect(await pathsHere(laptop)).toEqual(['n/docs/a.md', 'n/docs/b.md', 'n/docs/private.md']);
    expect(await laptop.push()).toMatchObject({ put: 0, deleted: 0 });
    expect(await fixture.pathsOnServer()).toEqual(Object.keys(files));
  });

  it('of a path that the server does not have changes no rule', async () => {
    const laptop = await newMachine();
    const request = { paths: ['n/docs', 'n/none'] };
    await expect(laptop.sync.serverFiles.bring(request)).rejects.toMatchObject({ code: 'not_trackable' });
    expect(laptop.sync.rules.size).toBe(0);
  });
});

describe('leaving files out here', () => {
  it('deletes the copies that equal the server, keeps the others, and is undone with both', async () => {
    const laptop = await newMachine();
    await laptop.pull();
    await laptop.write('n/docs/b.md', 'edited');
    await laptop.write('n/docs/new.md', 'new');
    const before = await laptop.listing();
    const copies = await laptop.sync.serverFiles.localCopies(silent, ['n/docs', 'n/photos']);
    expect(copies).toEqual({
      equal: ['n/docs/a.md', 'n/photos/x.jpg'],
      different: ['n/docs/b.md', 'n/docs/new.md'],
    });
    const { deleted, skipped, backup, untracked } = await laptop.sync.serverFiles.leaveOut(silent, {
      paths: ['n/docs', 'n/photos'],
      deletes: new Set([...copies.equal, ...copies.different]),
    });
    expect({ deleted, skipped }).toEqual({ deleted: copies.equal, skipped: [] });
    expect(await pathsHere(laptop)).toEqual(['n/docs/b.md', 'n/docs/new.md', 'n/todo.md']);
    expect(existsSync(laptop.path('n/photos'))).toBe(false);
    expect(await readFile(join(backup ?? '', 'n/docs/a.md'), 'utf8')).toBe('a');
    expect(await laptop.push()).toMatchObject({ put: 0, deleted: 0 });
    await laptop.pull();
    expect(await fixture.pathsOnServer()).toEqual(Object.keys(files));

    await laptop.sync.undoPull(silent, { only: backup });
    await laptop.sync.trackAgain(untracked);
    expectSame(await laptop.listing(), before);
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 2, incoming: 0, conflicts: 0 });
  });

  it('never makes a deleted copy look like a deletion of the user, even if it is tracked again without it', async () => {
    const laptop = await newMachine();
    await laptop.pull();
    const deletes = new Set(['n/docs/a.md', 'n/docs/b.md']);
    const { untracked } = await laptop.sync.serverFiles.leaveOut(silent, { paths: ['n/docs'], deletes });
    await laptop.write('n/docs/b.md', 'b');
    await laptop.sync.trackAgain(untracked);
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 0, incoming: 1 });
    await laptop.pull();
    expect(await pathsHere(laptop)).toEqual(Object.keys(files));
  });

  it('works without the server, and keeps a copy with unsaved edits', async () => {
    const laptop = await newMachine();
    await laptop.pull();
    await fixture.server.kill();
    const { deleted, skipped } = await laptop.sync.serverFiles.leaveOut(silent, {
      paths: ['n/docs'],
      deletes: new Set(['n/docs/a.md', 'n/docs/b.md']),
      hasUnsavedEdits: (path) => path === 'n/docs/a.md',
    });
    expect(deleted).toEqual(['n/docs/b.md']);
    expect(skipped).toEqual([{ path: 'n/docs/a.md', reason: 'unsaved' }]);
  });

  it('deletes nothing unless that is requested', async () => {
    const laptop = await newMachine();
    await laptop.pull();
    expect(await laptop.sync.serverFiles.leaveOut(silent, { paths: ['n'] })).toMatchObject({ deleted: [] });
    expect(await pathsHere(laptop)).toEqual(Object.keys(files));
    expect(laptop.sync.state.counts.tracked).toBe(0);
  });
});
