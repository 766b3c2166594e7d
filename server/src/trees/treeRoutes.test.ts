import { afterAll, beforeAll, expect, test } from 'vitest';
import { symlink, put } from '../../test/changes';
import { pushDirectly } from '../../test/directPush';
import { startTestServer, type TestServer } from '../../test/testServer';
import type { FileTable } from '../contract/schemas';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await server.api.makeTree('notes');
  const many = Array.from({ length: 2_500 }, (_, number) => symlink(`links/${number}`, `ä\n${number}`));
  await pushDirectly(server, 'notes', 0, { a: '1', b: '2' }, { changes: [put('a', '1'), put('b', '2'), ...many] });
  await pushDirectly(server, 'notes', 1, {}, { changes: [{ op: 'delete', path: 'b' }], folders: ['links'] });
});
afterAll(() => server.stop());

function requestTable(since: number, headers: Record<string, string>) {
  const authorization = `Bearer ${server.token}`;
  return server.app.request(`/v1/trees/notes/files?since=${since}`, { headers: { authorization, ...headers } });
}

async function linesOf(response: Response): Promise<unknown[]> {
  const text = await response.text();
  expect(text.endsWith('\n')).toBe(true);
  return text
    .slice(0, -1)
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

test.each([0, 1, 2])('the table since revision %d is sent as NDJSON on request', async (since) => {
  const { files, ...head } = (await (await requestTable(since, {})).json()) as FileTable;
  const response = await requestTable(since, { accept: 'application/x-ndjson' });
  expect(response.headers.get('content-type')).toBe('application/x-ndjson');
  expect(response.headers.get('vary')?.split(/, */)).toContain('Accept');
  expect(response.headers.get('x-request-id')).toBeTruthy();
  expect(await linesOf(response)).toEqual([{ ...head, count: files.length }, ...files]);
});

test.each([0, 1])('the table since revision %d stays that of one revision while others push', async (since) => {
  const tree = `moving-${since}`;
  await server.api.makeTree(tree);
  const link = (path: string, target = 'x') => symlink(path, target);
  const links = Array.from({ length: 2_600 }, (_, number) => link(`l/${number + 1_000}`));
  const first = [link('a'), link('z/changed'), link('z/deleted'), link('z/again')];
  await pushDirectly(server, tree, 0, {}, { changes: since === 0 ? [...first, ...links] : first });
  if (since === 1) await pushDirectly(server, tree, 1, {}, { changes: [link('z/again', 'y'), ...links] });
  const expected = (await server.api.table(tree, since)).body;
  const { head, pages } = await server.services.trees.table(tree, { since, reader: 'alice' });
  const read: unknown[] = [];
  for await (const page of pages) {
    read.push(...page);
    if (read.length > page.length) continue;
    // The first page was read.
    const changes = [link('z/changed', 'y'), link('z/added'), link('z/again', 'z')];
    await pushDirectly(server, tree, head.revision, {}, { changes: [...changes, { op: 'delete', path: 'z/deleted' }] });
  }
  expect(read).toEqual(expected.files);
  expect(head.count).toBe(read.length);
});

test('NDJSON is compressed for a client that accepts gzip', async () => {
  const response = await requestTable(0, { accept: 'application/x-ndjson', 'accept-encoding': 'gzip' });
  expect(response.headers.get('content-encoding')).toBe('gzip');
  const plain = new Response(response.body?.pipeThrough(new DecompressionStream('gzip')));
  expect(await linesOf(plain)).toHaveLength(2_502);
});

test('a tracked folder is left out from when its files are gone until it has files again', async () => {
  await server.api.makeTree('moves');
  const folders = ['', 'ä', 'empty', 'n', 'n-2'];
  const foldersNow = async () => (await server.api.table('moves')).body.folders;
  await pushDirectly(server, 'moves', 0, { 'n/d/a': '1', 'n-2/b': '2', 'ä/c': '3' }, { folders });
  expect(await foldersNow()).toEqual(['', 'empty', 'n', 'n-2', 'ä']);
  await pushDirectly(server, 'moves', 1, {}, { changes: [{ op: 'delete', path: 'n/d/a' }, put('m/a', '1')], folders });
  expect(await foldersNow()).toEqual(['', 'empty', 'n-2', 'ä']);
  await pushDirectly(server, 'moves', 2, { 'n/new': '4' });
  expect(await foldersNow()).toEqual(['', 'empty', 'n', 'n-2', 'ä']);
});

test('the table names the other tokens that have pushed to the tree, or added a folder to it', async () => {
  await server.api.makeTree('shared');
  await server.api.makeTree('other');
  const others = async (secret = server.token) => (await server.as(secret).table('shared')).body.otherWriters;
  const tokens = new Map<string, string>();
  for (const name of ['bob', 'carol', 'dave']) tokens.set(name, await server.services.tokens.create(name, null));
  const as = (name: string) => ({ ...server, api: server.as(tokens.get(name)) });
  expect(await others()).toEqual([]);
  await pushDirectly(server, 'shared', 0, { a: '1' });
  await pushDirectly(server, 'shared', 1, { a: '2' });
  await pushDirectly(as('dave'), 'other', 0, { a: '1' });
  expect(await others()).toEqual([]);
  await pushDirectly(as('carol'), 'shared', 2, { a: '3' });
  await pushDirectly(as('carol'), 'shared', 3, { a: '4' });
  expect(await others()).toEqual(['carol']);
  expect(await others(tokens.get('carol'))).toEqual(['alice']);
  await pushDirectly(as('bob'), 'shared', 4, {}, { folders: ['n'] });
  expect(await others()).toEqual(['bob', 'carol']);
  expect((await server.api.table('shared', 4)).body.otherWriters).toEqual(['bob', 'carol']);
});
