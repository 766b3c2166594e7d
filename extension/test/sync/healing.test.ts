import { rename } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { silent, until } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

describe('a halted folder recovers by itself', () => {
  it('when rsync is installed, at once if the setting is changed', async () => {
    let rsync = '/nonexistent/rsync';
    const desk = await fixture.machine({ rsync: () => rsync });
    await desk.write('n/a.md', 'one');
    await desk.sync.track(['n']);
    await expect(desk.push()).rejects.toMatchObject({ code: 'rsync_missing' });
    expect(desk.sync.state.kind).toBe('halted');
    rsync = 'rsync';
    desk.sync.recheck();
    await until(desk, ({ kind, counts }) => kind === 'idle' && counts.outgoing === 1);
    await desk.push();
  });

  it('when the workspace folder is back', async () => {
    const desk = await fixture.machine();
    await desk.write('n/a.md', 'one');
    await desk.sync.track(['n']);
    await desk.push();
    await rename(desk.root, `${desk.root}-away`);
    await expect(desk.sync.rescan(silent)).rejects.toMatchObject({ code: 'root_gone' });
    await rename(`${desk.root}-away`, desk.root);
    await until(desk, ({ kind, counts }) => kind === 'idle' && counts.outgoing === 0);
  });

  it('when the tree was created by another machine', async () => {
    const desk = await fixture.machine();
    const tree = `${fixture.tree}-later`;
    await desk.bind(tree);
    await desk.write('n/a.md', 'one');
    await desk.sync.track(['n']);
    await expect(desk.push()).rejects.toMatchObject({ code: 'tree_not_found' });
    const laptop = await fixture.machine({ tree });
    await laptop.write('b.md', 'two');
    await laptop.sync.track(['b.md']);
    await laptop.push();
    await until(desk, ({ kind, counts }) => kind === 'idle' && counts.incoming === 1);
  });

  it('when a refused token is replaced', async () => {
    const desk = await fixture.machine();
    await desk.write('n/a.md', 'one');
    await desk.sync.track(['n']);
    await desk.bind(fixture.tree, 'ptk_revoked');
    await expect(desk.push()).rejects.toMatchObject({ code: 'unauthorized' });
    expect(desk.sync.state.kind).toBe('halted');
    await desk.bind(fixture.tree);
    await desk.sync.rescan(silent);
    expect(desk.sync.state).toMatchObject({ kind: 'idle', offline: undefined, isChecked: true });
  });
});

describe('the state of a folder', () => {
  it('claims nothing before the first scan and the first response', async () => {
    const desk = await fixture.machine();
    expect(desk.sync.state).toMatchObject({ kind: 'starting', isChecked: false });
    await desk.write('n/a.md', 'one');
    await desk.sync.track(['n']);
    expect(desk.sync.state).toMatchObject({ kind: 'starting', isChecked: false });
    await desk.sync.rescan(silent);
    expect(desk.sync.state).toMatchObject({ kind: 'idle', isChecked: true });
    const reopened = await fixture.machine({ root: desk.root, storage: desk.storage, tree: fixture.tree });
    expect(reopened.sync.state).toMatchObject({ kind: 'starting', isChecked: false, counts: { outgoing: 1 } });
  });

  it('says that no server is connected as soon as that is known', async () => {
    const desk = await fixture.machine();
    await desk.sync.bind(undefined, undefined);
    expect(desk.sync.state).toMatchObject({ kind: 'unconnected' });
  });

  it('shows only what changed here while no server is connected', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/theirs': 'a', 'n/mine': 'a', 'n/both': 'a' });
    for (const path of ['n/theirs', 'n/both', 'n/new']) await laptop.write(path, 'by the laptop');
    await laptop.push();
    for (const path of ['n/mine', 'n/both']) await desk.write(path, 'by the desk');
    await desk.sync.rescan(silent);
    expect(desk.sync.state.counts).toMatchObject({ outgoing: 2, incoming: 3 });

    await desk.sync.bind(undefined, undefined);
    expect(desk.sync.state).toMatchObject({ kind: 'unconnected', counts: { outgoing: 2, incoming: 0, conflicts: 0 } });
    await desk.write('n/later', 'by the desk');
    await desk.sync.rescan(silent);
    expect(Object.fromEntries(desk.sync.pathStates)).toEqual({
      'n/mine': 'modified',
      'n/both': 'modified',
      'n/later': 'added',
    });

    await desk.bind(fixture.tree);
    await desk.sync.rescan(silent);
    expect(desk.sync.state.counts).toMatchObject({ outgoing: 3, incoming: 3 });
  });
});
