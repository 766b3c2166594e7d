import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { put } from '../../test/changes';
import { pushDirectly } from '../../test/directPush';
import { startTestServer, type TestServer } from '../../test/testServer';
import { maxFolders, maxSessions } from '../contract/limits';

let server: TestServer;
let tree = '';
let trees = 0;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  tree = `tree-${++trees}`;
  await server.api.makeTree(tree);
});

const folders = async () => (await server.api.table(tree)).body.folders;
const manyFolders = (count: number) => Array.from({ length: count }, (_, number) => `folder-${number}`);

test('a token removes the tracked folders that it has added, and no others', async () => {
  const bob = { ...server, api: server.as(await server.services.tokens.create(`bob-${tree}`, null)) };
  await pushDirectly(server, tree, 0, { 'mine/a': '1', 'ours/b': '2' }, { folders: ['mine', 'ours'] });
  await pushDirectly(bob, tree, 1, { 'theirs/c': '3' }, { folders: ['theirs', 'ours'] });
  await pushDirectly(server, tree, 2, { d: '4' }, { untrackedFolders: ['mine', 'theirs', 'ours', 'none'] });
  expect(await folders()).toEqual(['theirs']);
  // A client that still tracks a folder adds it again.
  await pushDirectly(bob, tree, 3, {}, { changes: [], folders: ['theirs', 'ours'] });
  expect(await folders()).toEqual(['ours', 'theirs']);
});

test('a tree with as many tracked folders as it may have is refused another, with words', async () => {
  await pushDirectly(server, tree, 0, { a: '1' }, { folders: manyFolders(maxFolders) });
  expect(await folders()).toHaveLength(maxFolders);
  const more = { base: 1, changes: [put('b', '2')] };
  expect(await server.api.beginPush(tree, { ...more, folders: ['another'] })).toMatchObject({
    status: 422,
    body: { error: { code: 'too_many_folders' } },
  });
  expect(await server.api.beginPush(tree, { ...more, folders: ['folder-1'] })).toMatchObject({ status: 201 });
});

test('two pushes cannot add more folders together than a tree may have', async () => {
  await pushDirectly(server, tree, 0, { a: '1' }, { folders: manyFolders(maxFolders - 1) });
  const pushes = await Promise.all(
    ['x', 'y'].map((folder) => server.api.beginPush(tree, { base: 1, changes: [], folders: [folder] })),
  );
  const statuses = await Promise.all(pushes.map(async ({ body }) => (await server.api.commit(tree, body.id)).status));
  expect(new Set(statuses)).toEqual(new Set([200, 422]));
  expect(await folders()).toHaveLength(maxFolders);
});

test('folders that contain no files any more make room for others', async () => {
  await pushDirectly(server, tree, 0, { 'gone/a': '1' }, { folders: ['gone', ...manyFolders(maxFolders - 1)] });
  await pushDirectly(server, tree, 1, {}, { changes: [{ op: 'delete', path: 'gone/a' }] });
  await pushDirectly(server, tree, 2, {}, { changes: [], folders: ['new'] });
  expect(await folders()).toContain('new');
});

test('a push with far more folders is refused as a whole', async () => {
  const push = { base: 0, changes: [], folders: manyFolders(maxFolders + 1) };
  expect(await server.api.beginPush(tree, push)).toMatchObject({ status: 422 });
});

test('a token cannot have more than its number of sessions, and another token can', { timeout: 300_000 }, async () => {
  const api = server.as(await server.services.tokens.create('greedy', null));
  const begin = () => api.beginPush(tree, { base: 0, changes: [] });
  const begun: string[] = [];
  while (begun.length < maxSessions) {
    const responses = await Promise.all(Array.from({ length: 50 }, begin));
    for (const { body } of responses) begun.push(body.id);
  }
  expect(await begin()).toMatchObject({ status: 429, body: { error: { code: 'too_many_sessions' } } });
  expect(await api.beginPull(tree, { revision: 0, paths: [] })).toMatchObject({ status: 429 });
  expect((await server.api.beginPush(tree, { base: 0, changes: [] })).status).toBe(201);
  await api.end(tree, 'pushes', begun[0] ?? '');
  expect((await begin()).status).toBe(201);
});
