import { existsSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import type { Change } from '../contract/schemas';
import { put, symlink } from '../../test/changes';
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

/**
 * Returns a function that leaves this many bytes of the disk to the pushes that bring no file. Other programs change the room of the
 * real disk.
 */
const startWithRoom = async () => {
  await start();
  const freeBytes = 2 ** 40;
  return (bytes: number): void => {
    const state = { freeBytes, keptBytes: 2 * (freeBytes - bytes), isScarce: bytes < 0 };
    vi.spyOn(server.services.space, 'state').mockResolvedValue(state);
  };
};
const MB = 1 << 20;
const longLinks = (count: number) =>
  Array.from({ length: count }, (_, number) => symlink(`${'n'.repeat(200)}/`.repeat(15) + String(number), '1'));

test('a disk with little room takes deletions and attributes, and gives pulls', async () => {
  const setRoom = await startWithRoom();
  await pushDirectly(server, 'tree', 0, { a: '1', b: '2' });
  setRoom(64 * MB);
  const changes: Change[] = [put('a', '1', { mode: 0o600 }), { op: 'delete', path: 'b' }];
  expect(await server.api.beginPush('tree', { base: 1, changes: [put('c', '3')] })).toMatchObject(full);
  expect(await pushDirectly(server, 'tree', 1, {}, { changes })).toBe(2);
  expect(await server.api.beginPull('tree', { revision: 2, paths: ['a'] })).toMatchObject({ status: 201 });
});

test('a push that uploads nothing needs room for its list and for its rows in the database', async () => {
  const setRoom = await startWithRoom();
  setRoom(64 * MB);
  expect(await begin(longLinks(3_000))).toMatchObject(full);
  const first = await begin(longLinks(1_500));
  expect(first.status).toBe(201);
  expect(await begin(longLinks(1_500))).toMatchObject(full);
  await server.api.end('tree', 'pushes', first.body.id);
  expect((await begin(longLinks(1_500))).status).toBe(201);
});

test('a push is committed only if there is room for its rows then', async () => {
  const setRoom = await startWithRoom();
  setRoom(64 * MB);
  const [idle, promised] = [(await begin(longLinks(100))).body, (await begin(longLinks(50))).body];
  server.services.inboxGuard.releaseIdle();
  await server.services.inboxGuard.admit(promised.id);
  setRoom(-64 * MB);
  expect(await server.api.commit('tree', idle.id)).toMatchObject(full);
  expect(await server.api.commit('tree', promised.id)).toMatchObject(full);
  setRoom(64 * MB);
  expect(await server.api.commit('tree', promised.id)).toMatchObject({ status: 200 });
});

test('a token cannot fill the disk with pulls', async () => {
  const setRoom = await startWithRoom();
  const deep = Object.fromEntries(
    Array.from({ length: 3 }, (_, number) => [`${'d/'.repeat(99)}${number}/${'e/'.repeat(99)}f`, '']),
  );
  await pushDirectly(server, 'tree', 0, { a: '1', ...deep });
  const pull = (paths: string[]) => server.api.beginPull('tree', { revision: 1, paths });
  setRoom(-(2 ** 50));
  expect(await pull(Object.keys(deep))).toMatchObject(full);
  for (let count = 0; count < 16; count++) expect(await pull(['a'])).toMatchObject({ status: 201 });
  expect(await pull(['a'])).toMatchObject(full);
});
