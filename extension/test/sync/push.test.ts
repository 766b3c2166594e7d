import { symlink } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { silent } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

describe('a force push', () => {
  it('changes no path below one with a problem', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/data/old': 'old', 'n/b': 'b' });
    await laptop.write('n/data/old', 'edited on the laptop');
    await laptop.write('n/data/new', 'new on the laptop');
    await laptop.push();
    await desk.delete('n/data');
    await symlink('/etc', desk.path('n/data'));
    const result = await desk.sync.forcePush(silent, () => Promise.resolve(true));
    expect(result).toMatchObject({ put: 0, deleted: 0 });
    expect(await laptop.pull()).toMatchObject({ written: 0, deleted: 0 });
  });
});

describe('a push whose response was lost', () => {
  it('does not conflict with a later edit', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': 'a', 'n/b': 'b' });
    await desk.write('n/a', 'first edit');
    const commitPush = desk.client.commitPush.bind(desk.client);
    desk.client.commitPush = async (tree, id) => {
      await commitPush(tree, id);
      throw new Error('the response was lost');
    };
    await expect(desk.push()).rejects.toThrow('lost');
    desk.client.commitPush = commitPush;
    await desk.write('n/a', 'second edit');
    expect(await desk.push()).toMatchObject({ revision: 3, put: 1 });
    await laptop.pull();
    expect(await laptop.read('n/a')).toBe('second edit');
  });
});
