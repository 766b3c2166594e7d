import { expect, test } from 'vitest';
import { Client } from '../../src/io/api/client';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

test('a folder that is untracked by the machine that tracked it first is no tracked folder of the tree', async () => {
  const [desk, laptop] = await fixture.twoMachines();
  for (const folder of ['n', 'm']) await desk.write(`${folder}/a`, folder);
  await desk.sync.track(['n', 'm']);
  await desk.push();
  await laptop.pull();
  const folders = async () =>
    (await new Client(fixture.server.url, fixture.server.token).files(fixture.tree, 0)).folders;
  expect(await folders()).toEqual(['m', 'n']);
  await desk.sync.untrack(['m']);
  await desk.write('n/b', 'b');
  await desk.push();
  expect(await folders()).toEqual(['n']);
  expect(await fixture.pathsOnServer()).toEqual(['m/a', 'n/a', 'n/b']);
  // The laptop still tracks it.
  await laptop.pull();
  await laptop.write('m/c', 'c');
  expect(await laptop.push()).toMatchObject({ put: 1 });
  expect(await folders()).toEqual(['m', 'n']);
});
