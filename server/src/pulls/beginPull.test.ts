import { readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { symlink, put, sha256 } from '../../test/changes';
import { pushDirectly } from '../../test/directPush';
import { startTestServer, type TestServer } from '../../test/testServer';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await server.api.makeTree('tree');
  await pushDirectly(server, 'tree', 0, { 'folder/a': 'a1', b: 'b1' });
  const changes = [put('folder/a', 'a2'), { op: 'delete', path: 'b' } as const, symlink('l', 'folder/a'), put('c', '')];
  await pushDirectly(server, 'tree', 1, { 'folder/a': 'a2', c: '' }, { changes });
});
afterAll(() => server.stop());

async function viewOf(revision: number, paths: string[]) {
  const { body, status } = await server.api.beginPull('tree', { revision, paths });
  expect(status).toBe(201);
  return server.services.sessions.filesFolderOf(body.id);
}

test('a view has hard links to the objects of one revision', async () => {
  const first = await viewOf(1, ['folder/a', 'b']);
  expect(readFileSync(join(first, 'folder/a'), 'utf8')).toBe('a1');
  expect(readFileSync(join(first, 'b'), 'utf8')).toBe('b1');
  expect(statSync(join(first, 'b')).ino).toBe(statSync(server.services.objects.fileOf(sha256('b1'))).ino);
  const second = await viewOf(2, ['folder/a', 'folder/a', 'c', 'l']);
  expect(readFileSync(join(second, 'folder/a'), 'utf8')).toBe('a2');
  expect(readdirSync(second).sort()).toEqual(['c', 'folder']);
});

test('paths that are not in the revision are named', async () => {
  const unavailable = (paths: string[]) => ({
    status: 422,
    body: { error: { code: 'content_unavailable', details: { paths } } },
  });
  const paths = ['folder/a', 'b', 'never', 'folder'];
  expect(await server.api.beginPull('tree', { revision: 2, paths })).toMatchObject(
    unavailable(['b', 'never', 'folder']),
  );
  expect(await server.api.beginPull('tree', { revision: 0, paths: ['b'] })).toMatchObject(unavailable(['b']));
});

test('paths with lost content are named', async () => {
  await server.api.makeTree('lossy');
  await pushDirectly(server, 'lossy', 0, { kept: 'kept', lost: 'lost' });
  rmSync(server.services.objects.fileOf(sha256('lost')));
  expect(await server.api.beginPull('lossy', { revision: 1, paths: ['kept', 'lost'] })).toMatchObject({
    status: 422,
    body: { error: { code: 'content_unavailable', details: { paths: ['lost'] } } },
  });
});

test('a revision that does not exist has no view', async () => {
  expect(await server.api.beginPull('tree', { revision: 3, paths: [] })).toMatchObject({
    status: 404,
    body: { error: { code: 'revision_not_found', details: { head: 2 } } },
  });
});
