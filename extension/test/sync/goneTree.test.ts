import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { nodeBinary, serverBundle } from '../../scripts/paths.mts';
import { until } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

async function administer(...args: string[]): Promise<void> {
  const command = spawn(nodeBinary, [serverBundle, ...args, '--data', fixture.server.dataDir], { stdio: 'inherit' });
  expect(await once(command, 'close')).toEqual([0, null]);
}

describe('a tree that was deleted on the server', () => {
  it('is told as deleted, loses nothing on the machines, and goes on when it is brought back', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': 'one' });
    await desk.write('n/a', 'two');
    await administer('tree', 'delete', fixture.tree, '--yes');
    // The feed learns of it by itself.
    await until(laptop, ({ offline }) => offline?.code === 'tree_deleted');
    await expect(desk.push()).rejects.toMatchObject({ code: 'tree_deleted' });
    await expect(laptop.pull()).rejects.toMatchObject({ code: 'tree_deleted' });
    expect([await desk.read('n/a'), await laptop.read('n/a')]).toEqual(['two', 'one']);
    await administer('tree', 'undelete', fixture.tree);
    await desk.push();
    await laptop.pull();
    expect(await laptop.read('n/a')).toBe('two');
  });

  it('can be made anew from what a machine has', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': 'one', 'n/b': 'one' });
    await laptop.write('n/b', 'two');
    await administer('tree', 'delete', fixture.tree, '--yes');
    await administer('gc');
    await desk.client.makeTree(fixture.tree);
    await expect(desk.pull()).rejects.toMatchObject({ code: 'revision_not_found' });
    await desk.pull(false, { comparesAnew: true });
    await desk.push();
    expect(await fixture.pathsOnServer()).toEqual(['n/a', 'n/b']);
    expect((await laptop.pull(false, { comparesAnew: true })).conflicts).toEqual(['n/b']);
    expect(await laptop.read('n/b')).toBe('two');
  });
});

describe('a tree that was renamed on the server', () => {
  it('is told with its new name, under which the sync goes on without a conflict', async () => {
    const [desk, laptop] = await fixture.syncedMachines({ 'n/a': 'one', 'n/b': 'one' });
    await desk.write('n/a', 'two');
    await laptop.write('n/b', 'two');
    await desk.push();
    const renamed = `${fixture.tree}-renamed`;
    await administer('tree', 'rename', fixture.tree, renamed);
    const { offline } = await until(laptop, (state) => state.offline?.code === 'tree_renamed');
    expect(offline?.details.tree).toBe(renamed);
    await expect(laptop.push()).rejects.toMatchObject({ code: 'tree_renamed', details: { tree: renamed } });
    await laptop.bind(renamed);
    expect((await laptop.pull()).conflicts).toEqual([]);
    await laptop.push();
    expect([await laptop.read('n/a'), await laptop.read('n/b')]).toEqual(['two', 'two']);
    await desk.bind(renamed);
    expect((await desk.pull()).conflicts).toEqual([]);
    expect(await desk.read('n/b')).toBe('two');
  });
});
