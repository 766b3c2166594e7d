import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { silent } from './machine';
import { serverFixture } from './serverFixture';

const fixture = serverFixture();

function objectOf(content: string): string {
  const hash = createHash('sha256').update(content).digest('hex');
  return join(fixture.server.dataDir, 'objects', hash.slice(0, 2), hash);
}

it.each([
  ['has lost', (object: string) => rm(object)],
  [
    'has damaged',
    async (object: string) => {
      await chmod(object, 0o644);
      await writeFile(object, 'x in t2');
    },
  ],
])('a file that the server %s is skipped, until a force push has repaired it', async (_, damage) => {
  const [desk, laptop] = await fixture.twoMachines();
  for (const name of ['a', 'b', 'c']) await desk.write(`n/${name}`, `${name} in ${fixture.tree}`);
  await desk.sync.track(['n']);
  await desk.push();
  await damage(objectOf(await desk.read('n/b')));
  const missing = [{ path: 'n/b', reason: 'missing' }];
  expect(await laptop.pull()).toMatchObject({ written: 2, skipped: missing, conflicts: [] });
  expect(await laptop.pull()).toMatchObject({ written: 0, skipped: missing, conflicts: [] });
  expect(laptop.sync.state.counts).toMatchObject({ incoming: 1, outgoing: 0 });
  await desk.sync.forcePush(silent, () => Promise.resolve(true));
  expect(await laptop.pull()).toMatchObject({ written: 1, skipped: [] });
  expect(await laptop.read('n/b')).toBe(await desk.read('n/b'));
});
