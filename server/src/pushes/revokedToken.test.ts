import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { puts } from '../../test/changes';
import { fillInbox } from '../../test/directPush';
import { eventually } from '../../test/eventually';
import { startTestServer } from '../../test/testServer';

test('a commit that has begun when its token is revoked changes nothing', async () => {
  const server = await startTestServer({ tokenCheckMs: 20 });
  await server.api.makeTree('tree');
  const other = server.as(await server.services.tokens.create('other', null));
  const files = { a: '1' };
  const { body } = await server.api.beginPush('tree', { base: 0, changes: puts(files) });
  fillInbox(server, body.id, files);
  const { objects } = server.services;
  const flush = objects.flush.bind(objects);
  objects.flush = async (hashes) => {
    await flush(hashes);
    await server.services.tokens.revoke('alice');
  };
  expect(await server.api.commit('tree', body.id)).toMatchObject({
    status: 401,
    body: { error: { code: 'unauthorized' } },
  });
  expect((await other.table('tree')).body).toMatchObject({ revision: 0, files: [] });
  await eventually(() => expect(readdirSync(join(server.dataFolder, 'sessions'))).toEqual([]));
  await server.stop();
});
