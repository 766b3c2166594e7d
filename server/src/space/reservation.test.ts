import { existsSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import type { Change } from '../contract/schemas';
import { put } from '../../test/changes';
import { pushDirectly } from '../../test/directPush';
import { startTestServer, type TestServer, type TestServerOptions } from '../../test/testServer';

let server: TestServer;
afterEach(() => server.stop());

const start = async (options: TestServerOptions = {}) => {
  server = await startTestServer(options);
  await server.api.makeTree('tree');
};
const begin = (changes: Change[]) => server.api.beginPush('tree', { base: 0, changes });
const full = { status: 507, body: { error: { code: 'storage_full' } } };
/** A declared file of `share` of the room that the server has for pushes. */
const fileOf = async (path: string, share: number) => {
  const { freeBytes, keptBytes } = await server.services.space.state();
  return put(path, path, { size: Math.floor((freeBytes - keptBytes) * share) });
};

test('a push that declares more than there is room for is refused before it sends anything', async () => {
  await start();
  const refused = await begin([await fileOf('a', 1.1)]);
  expect(refused).toMatchObject(full);
  const { needed = 0, free = 0 } = refused.body.error.details?.room ?? {};
  expect(needed).toBeGreaterThan(free);
  expect(free).toBeGreaterThan(0);
  expect(refused.body.error.message).toMatch(/^the push needs \d+ bytes, and the server has room for \d+$/);
  expect(await begin([put('a', 'small')])).toMatchObject({ status: 201 });
});

test('room that was promised to a push is not promised to another until it ends', async () => {
  await start();
  const first = await begin([await fileOf('a', 0.6)]);
  expect(first.status).toBe(201);
  expect(await begin([await fileOf('b', 0.6)])).toMatchObject(full);
  expect(await begin([await fileOf('b', 0.2)])).toMatchObject({ status: 201 });
  await server.api.end('tree', 'pushes', first.body.id);
  expect(await begin([await fileOf('b', 0.6)])).toMatchObject({ status: 201 });
});

test('of pushes that begin at the same time, no more are accepted than there is room for', async () => {
  await start();
  const changes = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((path) => fileOf(path, 0.4)));
  const begun = await Promise.all(changes.map((change) => begin([change])));
  for (const [status, count] of [
    [201, 2],
    [507, 3],
  ]) {
    expect(begun.filter((response) => response.status === status)).toHaveLength(count ?? 0);
  }
});

test('an idle push loses its promise, and gets it again only if there is room', async () => {
  await start();
  const { inboxGuard } = server.services;
  const { body: idle } = await begin([await fileOf('a', 0.6)]);
  inboxGuard.releaseIdle();
  const { body: second } = await begin([await fileOf('b', 0.6)]);
  await expect(inboxGuard.admit(idle.id)).rejects.toMatchObject({ code: 'storage_full' });
  await server.api.end('tree', 'pushes', second.id);
  await inboxGuard.admit(idle.id);
  expect(await begin([await fileOf('b', 0.6)])).toMatchObject(full);
});

test('a push that resumes another takes over its promise', async () => {
  await start();
  const { body: first } = await begin([await fileOf('a', 0.6)]);
  const changes = [await fileOf('b', 0.6)];
  expect(await server.api.beginPush('tree', { base: 0, changes, resume: first.id })).toMatchObject({ status: 201 });
  expect(existsSync(server.services.sessions.folderOf(first.id))).toBe(false);
});

test('a disk without room takes deletions and attributes, and gives pulls', async () => {
  let keptBytes = 0;
  await start({
    space: {
      get keptBytes() {
        return keptBytes;
      },
    },
  });
  await pushDirectly(server, 'tree', 0, { a: '1', b: '2' });
  keptBytes = Number.MAX_SAFE_INTEGER;
  const changes: Change[] = [put('a', '1', { mode: 0o600 }), { op: 'delete', path: 'b' }];
  expect(await server.api.beginPush('tree', { base: 1, changes: [put('c', '3')] })).toMatchObject(full);
  expect(await pushDirectly(server, 'tree', 1, {}, { changes })).toBe(2);
  expect(await server.api.beginPull('tree', { revision: 2, paths: ['a'] })).toMatchObject({ status: 201 });
});
