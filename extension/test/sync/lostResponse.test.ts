import { describe, expect, it } from 'vitest';
import { PalmtreeError } from '../../src/errors';
import { silent, type Machine } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

/** Lets the next commit of the machine succeed on the server, and cuts the line before the response. Returns how to mend it. */
function cutAfterCommit({ client }: Machine): () => void {
  const commitPush = client.commitPush.bind(client);
  const files = client.files.bind(client);
  const cut = (): never => {
    throw new PalmtreeError('server_unreachable', 'the line is cut');
  };
  client.commitPush = async (tree, id) => {
    await commitPush(tree, id);
    client.files = async () => cut();
    return cut();
  };
  return () => Object.assign(client, { commitPush, files });
}

/** A machine that has pushed `n/new` without learning of it, and another one that has deleted the file since. */
async function deletedUnseen(): Promise<[Machine, Machine]> {
  const [desk, laptop] = await fixture.syncedMachines({ 'n/a': 'a', 'n/b': 'b' });
  await desk.write('n/new', 'new');
  const mend = cutAfterCommit(desk);
  await expect(desk.push()).rejects.toMatchObject({ code: 'server_unreachable' });
  await laptop.pull();
  expect(await laptop.read('n/new')).toBe('new');
  await laptop.delete('n/new');
  await laptop.push();
  mend();
  return [desk, laptop];
}

describe('a file whose push was committed without a response, and that another machine deleted since', () => {
  it('does not come back with the next push', async () => {
    const [desk] = await deletedUnseen();
    await desk.write('n/a', 'edited');
    await expect(desk.push()).rejects.toMatchObject({ code: 'stale_base' });
    expect(await desk.pull()).toMatchObject({ deleted: 1 });
    await desk.push();
    expect(await fixture.pathsOnServer()).toEqual(['n/a', 'n/b']);
  });

  it('is deleted by a pull, after a crash of the window too', async () => {
    const [desk] = await deletedUnseen();
    await desk.close();
    const next = await fixture.machine({ root: desk.root, storage: desk.storage });
    expect(await next.pull()).toMatchObject({ deleted: 1, conflicts: [] });
    expect(await next.push()).toMatchObject({ put: 0 });
    expect(await fixture.pathsOnServer()).toEqual(['n/a', 'n/b']);
  });

  it('does not come back if the machine has looked at the server in between', async () => {
    const [desk] = await deletedUnseen();
    await desk.sync.rescan(silent);
    expect(await desk.pull()).toMatchObject({ deleted: 1 });
    await desk.push();
    expect(await fixture.pathsOnServer()).toEqual(['n/a', 'n/b']);
  });

  it('is in conflict if it was edited here since', async () => {
    const [desk] = await deletedUnseen();
    await desk.write('n/new', 'edited since');
    expect(await desk.pull()).toMatchObject({ deleted: 0, conflicts: ['n/new'] });
    expect(await desk.read('n/new')).toBe('edited since');
  });
});

it('a file that is replaced elsewhere after a push without a response is pulled, and not in conflict', async () => {
  const [desk, laptop] = await fixture.syncedMachines({ 'n/a': 'a' });
  await desk.write('n/a', 'mine');
  const mend = cutAfterCommit(desk);
  await expect(desk.push()).rejects.toMatchObject({ code: 'server_unreachable' });
  await laptop.pull();
  await laptop.write('n/a', 'theirs');
  await laptop.push();
  mend();
  expect(await desk.pull()).toMatchObject({ written: 1, conflicts: [] });
  expect(await desk.read('n/a')).toBe('theirs');
});

it('a push that was not committed is made by the next one', async () => {
  const [desk] = await fixture.syncedMachines({ 'n/a': 'a' });
  await desk.write('n/a', 'mine');
  const commitPush = desk.client.commitPush.bind(desk.client);
  desk.client.commitPush = async () => {
    desk.client.commitPush = commitPush;
    throw new PalmtreeError('server_unreachable', 'the line broke');
  };
  await expect(desk.push()).rejects.toMatchObject({ code: 'server_unreachable' });
  expect(await desk.push()).toMatchObject({ put: 1, revision: 2 });
});
