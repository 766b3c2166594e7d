import { describe, expect, it } from 'vitest';
import { PalmtreeError } from '../../src/errors';
import { silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();
const lines = (...changed: readonly string[]): string => ['one', 'two', 'three', 'four', 'five', ...changed].join('\n');

async function pushEach(machine: Machine, ...revisions: readonly Readonly<Record<string, string>>[]): Promise<void> {
  for (const files of revisions) {
    for (const [path, content] of Object.entries(files)) await machine.write(path, content);
    await machine.push();
  }
}

const keepLast = (count: number) => fixture.server.keepLast(fixture.tree, count);

describe('a machine whose last synced revision was removed while it was offline', () => {
  it('loses nothing, deletes nothing, and has no conflict but where both sides changed a file', async () => {
    const files = { 'n/mine': '1', 'n/gone': '1', 'n/theirs': '1', 'n/both': '1', 'n/same': '1', 'n/left': '1' };
    const [desk, laptop] = await fixture.syncedMachines(files);
    await pushEach(
      desk,
      { 'n/theirs': '2', 'n/both': '2' },
      { 'n/theirs': '3', 'n/both': '3', 'n/same': 'same' },
      { 'n/new': 'new' },
    );
    await keepLast(1);
    await laptop.write('n/mine', 'mine');
    await laptop.write('n/both', 'both');
    await laptop.write('n/same', 'same');
    await laptop.delete('n/gone');
    const pulled = await laptop.pull(false, { autoMerge: true });
    expect(pulled).toMatchObject({ conflicts: ['n/both'], baseless: ['n/both'], deleted: 0, skipped: [] });
    const left = ['n/mine', 'n/both', 'n/theirs', 'n/same', 'n/left', 'n/new'];
    expect(await Promise.all(left.map((path) => laptop.read(path)))).toEqual(['mine', 'both', '3', 'same', '1', 'new']);
    expect(laptop.sync.state.counts).toMatchObject({ outgoing: 2, conflicts: 1 });
    await laptop.push();
    expect(await fixture.pathsOnServer()).toEqual(['n/both', 'n/left', 'n/mine', 'n/new', 'n/same', 'n/theirs']);
    expect((await desk.pull()).conflicts).toEqual([]);
    expect(await desk.read('n/both')).toBe('3');
  });

  it('still merges a text whose last synced version is left', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': lines(), 'n/b': '1' });
    await pushEach(desk, { 'n/b': '2' }, { 'n/b': '3' });
    await keepLast(1);
    await pushEach(desk, { 'n/a': `desk\n${lines()}` });
    await laptop.write('n/a', lines('laptop'));
    const pulled = await laptop.pull(false, { autoMerge: true });
    expect(pulled).toMatchObject({ conflicts: [], merged: ['n/a'] });
    expect(pulled.baseless).toBeUndefined();
    expect(await laptop.read('n/a')).toBe(`desk\n${lines('laptop')}`);
  });

  it('pulls the newer revision if the one that it was about to pull is removed', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1', 'n/b': '1' });
    await pushEach(desk, { 'n/a': '2', 'n/b': '2' });
    const { client } = laptop;
    const beginPull = client.beginPull.bind(client);
    client.beginPull = async (...request) => {
      client.beginPull = beginPull;
      await pushEach(desk, { 'n/a': '3' });
      await keepLast(1);
      return beginPull(...request);
    };
    expect(await laptop.pull()).toMatchObject({ revision: 3, written: 2, conflicts: [], skipped: [] });
    expect(await Promise.all([laptop.read('n/a'), laptop.read('n/b')])).toEqual(['3', '2']);
  });

  it('gives up if the server says so of each revision', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    await pushEach(desk, { 'n/a': '2' });
    let requests = 0;
    laptop.client.beginPull = async () => {
      requests++;
      // A pull that never gives up ends here.
      throw new PalmtreeError(requests < 5 ? 'version_removed' : 'forbidden', 'gone');
    };
    await expect(laptop.pull()).rejects.toMatchObject({ code: 'version_removed' });
    expect(requests).toBe(2);
  });

  it('pulls the newer revision if the one that it was fetching is removed', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    await pushEach(desk, { 'n/a': '2' });
    const { client } = laptop;
    const fetchTable = client.files.bind(client);
    client.files = async () => {
      client.files = fetchTable;
      throw new PalmtreeError('version_removed', 'gone');
    };
    expect(await laptop.pull()).toMatchObject({ revision: 2, written: 1 });
  });

  it('asks again before it deletes files that were not listed when the user agreed', async () => {
    const paths = ['n/a', 'n/b', 'n/c'];
    const [desk, laptop] = await fixture.syncedMachines(Object.fromEntries(paths.map((path) => [path, path])));
    await desk.delete('n/a');
    await desk.delete('n/b');
    await pushEach(desk, { 'n/c': '2' });
    const { client } = laptop;
    const beginPull = client.beginPull.bind(client);
    client.beginPull = async () => {
      client.beginPull = beginPull;
      await desk.delete('n/c');
      await desk.push(true);
      throw new PalmtreeError('version_removed', 'gone');
    };
    const confirmed = new Set(['n/a', 'n/b']);
    const stopped = { code: 'deletion_guard', details: { paths } };
    await expect(laptop.pull(false, { confirmed })).rejects.toMatchObject(stopped);
    expect(await laptop.read('n/c')).toBe('n/c');
    expect(await laptop.pull(false, { confirmed: new Set(paths) })).toMatchObject({ deleted: 3 });
  });

  it('cannot be compared with what it had, which is said by its code', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    await pushEach(desk, { 'n/a': '2' });
    await keepLast(1);
    await laptop.write('n/a', 'mine');
    await laptop.sync.rescan(silent);
    await expect(laptop.sync.history.ancestorContent('n/a')).rejects.toMatchObject({ code: 'version_removed' });
  });

  it('is not said to have lost a version to retention if the server has removed none', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1' });
    await pushEach(desk, { 'n/a': '2' });
    await laptop.write('n/a', 'mine');
    await laptop.sync.rescan(silent);
    const { client } = laptop;
    const history = client.history.bind(client);
    // A server that was restored from an older copy has a history without this version.
    client.history = async (...request) => {
      const { versions, more } = await history(...request);
      return { versions: versions.filter(({ revision }) => revision !== 1), more };
    };
    client.content = async () => {
      throw new PalmtreeError('revision_not_found', 'gone');
    };
    await expect(laptop.sync.history.ancestorContent('n/a')).rejects.toMatchObject({ code: 'content_unavailable' });
  });

  it('compares all files anew if it never learned what its last push had done', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': '1', 'n/b': '1' });
    await desk.write('n/a', 'unheard');
    const { client } = desk;
    const commitPush = client.commitPush.bind(client);
    client.commitPush = async (tree, id) => {
      await commitPush(tree, id);
      throw new PalmtreeError('server_unreachable', 'the line is cut');
    };
    await expect(desk.push()).rejects.toMatchObject({ code: 'server_unreachable' });
    client.commitPush = commitPush;
    await laptop.pull();
    await pushEach(laptop, { 'n/a': '3' }, { 'n/a': '4', 'n/b': '4' });
    await keepLast(1);
    await expect(desk.pull()).rejects.toMatchObject({ code: 'revision_not_found' });
    await expect(desk.pull()).rejects.toMatchObject({ code: 'revision_not_found' });
    const pulled = await desk.pull(false, { comparesAnew: true });
    expect(pulled).toMatchObject({ conflicts: ['n/a', 'n/b'], deleted: 0, written: 0 });
    expect(await Promise.all([desk.read('n/a'), desk.read('n/b')])).toEqual(['unheard', '1']);
    expect((await desk.pull()).conflicts).toEqual(['n/a', 'n/b']);
  });
});

describe('a version that retention has removed', () => {
  it('is counted in the history of the file, and cannot be opened or restored, which is said by its code', async () => {
    const [desk] = await fixture.syncedMachines({ 'n/a': '1', 'n/b': 'b' });
    await pushEach(desk, { 'n/a': '2' }, { 'n/a': '3' });
    await keepLast(1);
    const { history } = desk.sync;
    const { versions } = await history.versions('n/a');
    expect(versions.map(({ revision, removed }) => [revision, removed])).toEqual([[3, { count: 2, since: 1 }]]);
    expect((await history.revisions()).revisions.map(({ number, removed }) => [number, removed])).toEqual([
      [3, undefined],
      [2, 1],
      [1, 1],
    ]);
    expect((await history.revisionChanges(3)).changes).toMatchObject([{ path: 'n/a', beforeRemoved: true }]);
    await expect(history.serverContent('n/a', 1)).rejects.toMatchObject({ code: 'version_removed' });
    const restoring = desk.sync.planRestore(silent, { paths: ['n'], revision: 1 });
    await expect(restoring).rejects.toMatchObject({ code: 'version_removed', details: { paths: ['n/a'] } });
    await desk.write('n/b', 'edited');
    expect(await desk.sync.planRestore(silent, { paths: ['n/b'], revision: 1 })).toMatchObject({ replaced: ['n/b'] });
    expect(await history.pathsAt(1)).toEqual(['n/b']);
  });

  it('is not undone: a file whose version before is gone is neither deleted nor changed', async () => {
    const [desk] = await fixture.syncedMachines({ 'n/a': '1', 'n/b': '1' });
    await pushEach(desk, { 'n/a': '2', 'n/c': 'c' });
    await keepLast(1);
    const lists = { changedSince: [], beforeRemoved: ['n/a'] };
    expect(await desk.sync.planUndoPush(silent, 2)).toMatchObject({ deleted: ['n/c'], ...lists });
    expect(await desk.sync.undoPush(silent, 2)).toMatchObject({ deleted: 1, put: 0, ...lists });
    expect(await fixture.pathsOnServer()).toEqual(['n/a', 'n/b']);
    const nothing = { code: 'nothing_to_undo', details: { paths: ['n/c'], beforeRemoved: ['n/a'] } };
    await expect(desk.sync.planUndoPush(silent, 2)).rejects.toMatchObject(nothing);
  });
});
