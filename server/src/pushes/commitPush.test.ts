import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RevisionList } from '../contract/history';
import { symlink, put, puts, sha256, writeFiles } from '../../test/changes';
import { fillInbox, pushDirectly } from '../../test/directPush';
import { temporaryFolder } from '../../test/temporaryFolder';
import { startTestServer, type TestServer } from '../../test/testServer';

let server: TestServer;
let tree: string;
let made = 0;

beforeAll(async () => {
  server = await startTestServer({ now: () => new Date('2030-01-02T03:04:05.678Z') });
});
afterAll(() => server.stop());
beforeEach(async () => {
  tree = `tree-${++made}`;
  await server.api.makeTree(tree);
});

const mismatch = (paths: string[]) => ({
  status: 422,
  body: { error: { code: 'content_mismatch', details: { paths } } },
});

test('a commit creates the next revision, and the table lists changes since an earlier one', async () => {
  expect(await pushDirectly(server, tree, 0, { a: '1', b: '2' })).toBe(1);
  const changes = [put('a', '3'), { op: 'delete', path: 'b' } as const, symlink('l', 'a'), put('n', '1')];
  expect(await pushDirectly(server, tree, 1, { a: '3' }, { changes, folders: ['src', 'docs'] })).toBe(2);
  const { op: _, ...a } = put('a', '3');
  const { op: __, ...l } = symlink('l', 'a');
  const { op: ___, ...n } = put('n', '1');
  const files = [
    { ...a, revision: 2 },
    { ...l, revision: 2 },
    { ...n, revision: 2 },
  ];
  expect((await server.api.table(tree)).body).toMatchObject({ revision: 2, folders: ['docs', 'src'], files });
  const since = [files[0], { path: 'b', deleted: true, revision: 2 }, files[1], files[2]];
  expect((await server.api.table(tree, 1)).body.files).toEqual(since);
  expect((await server.api.table(tree, 2)).body.files).toEqual([]);
});

test('a push says whether it was committed', async () => {
  const { body } = await server.api.beginPush(tree, { base: 0, changes: [put('a', '')], folders: [] });
  const asked = () => server.api.call('GET', `/v1/trees/${tree}/pushes/${body.id}`);
  expect(await asked()).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
  fillInbox(server, body.id, { a: '' });
  const committed = await server.api.commit(tree, body.id);
  expect(committed.status).toBe(200);
  expect(await asked()).toMatchObject({ status: 200, body: committed.body });
});

test('the database keeps author, time and every version', async () => {
  await pushDirectly(server, tree, 0, { a: '1' });
  await pushDirectly(server, tree, 0, { a: '2' }, { force: true });
  const { id } = await server.services.trees.find(tree);
  const revisions = await server.database.selectFrom('revisions').selectAll().where('tree_id', '=', id).execute();
  const made = { token_name: 'alice', created_at: '2030-01-02T03:04:05.678Z', message: null };
  expect(revisions).toMatchObject([
    { number: 1, forced: 0, ...made },
    { number: 2, forced: 1, ...made },
  ]);
  const versions = await server.database.selectFrom('versions').select('hash').where('tree_id', '=', id).execute();
  expect(versions.map((version) => version.hash)).toEqual([sha256('1'), sha256('2')]);
});

test('a repeated commit returns the same result, even after a restart', async () => {
  const dataFolder = temporaryFolder();
  const first = await startTestServer({ dataFolder });
  await first.api.makeTree(tree);
  const changing = await first.api.beginPush(tree, { base: 0, changes: puts({ a: '1' }) });
  fillInbox(first, changing.body.id, { a: '1' });
  expect((await first.api.commit(tree, changing.body.id)).body).toMatchObject({ revision: 1 });
  const idle = await first.api.beginPush(tree, { base: 1, changes: puts({ a: '1' }) });
  expect((await first.api.commit(tree, idle.body.id)).body).toMatchObject({ revision: 1 });
  await pushDirectly(first, tree, 1, { a: '2' });
  await first.database.destroy();

  const second = await startTestServer({ dataFolder, tokenName: 'later' });
  const api = second.as(first.token);
  expect((await api.commit(tree, changing.body.id)).body).toMatchObject({ revision: 1 });
  expect((await api.commit(tree, idle.body.id)).body).toMatchObject({ revision: 1 });
  await second.stop();
});

test('a session survives a restart', async () => {
  const dataFolder = temporaryFolder();
  const first = await startTestServer({ dataFolder });
  await first.api.makeTree(tree);
  const begun = await first.api.beginPush(tree, { base: 0, changes: puts({ a: '1' }) });
  fillInbox(first, begun.body.id, { a: '1' });
  await first.database.destroy();
  const second = await startTestServer({ dataFolder, tokenName: 'later' });
  expect(await second.as(first.token).commit(tree, begun.body.id)).toMatchObject({
    status: 200,
    body: { revision: 1 },
  });
  await second.stop();
});

test('a push without changes creates no revision', async () => {
  await pushDirectly(server, tree, 0, { a: '1' });
  const changes = [put('a', '1'), { op: 'delete', path: 'absent' } as const];
  expect(await pushDirectly(server, tree, 1, {}, { changes })).toBe(1);
  expect(await pushDirectly(server, tree, 1, {}, { changes: [put('a', '1', { mode: 0o755 })] })).toBe(2);
});

test('missing and different files are named and not committed, and the right ones can follow in the same session', async () => {
  const files = { a: 'aaa', b: 'bbb', c: 'ccc', d: 'ddd' };
  const { body } = await server.api.beginPush(tree, { base: 0, changes: puts(files) });
  fillInbox(server, body.id, { a: 'aaa', b: 'bbX', d: 'dddd' });
  expect(await server.api.commit(tree, body.id)).toMatchObject(mismatch(['b', 'c', 'd']));
  expect((await server.api.table(tree)).body).toMatchObject({ revision: 0, files: [] });
  fillInbox(server, body.id, files);
  expect(await server.api.commit(tree, body.id)).toMatchObject({ status: 200, body: { revision: 1 } });
});

test('a big file is verified like a small one', async () => {
  const big = new Uint8Array(3 << 20).fill(7);
  const { body } = await server.api.beginPush(tree, { base: 0, changes: puts({ big }) });
  fillInbox(server, body.id, { big: Uint8Array.from(big, (byte, at) => (at === 2 << 20 ? 8 : byte)) });
  expect(await server.api.commit(tree, body.id)).toMatchObject(mismatch(['big']));
  fillInbox(server, body.id, { big });
  expect(await server.api.commit(tree, body.id)).toMatchObject({ status: 200 });
});

test('a symlink, a symlink above the file, and a folder are not accepted as content', async () => {
  const outside = temporaryFolder();
  const files = { link: 'content', 'below/link': 'content too', folder: 'no content' };
  const { body } = await server.api.beginPush(tree, { base: 0, changes: puts(files) });
  const inbox = server.services.sessions.filesFolderOf(body.id);
  fillInbox(server, body.id, {});
  mkdirSync(join(outside, 'x'), { recursive: true });
  writeFiles(outside, { target: 'content', link: 'content too' });
  symlinkSync(join(outside, 'target'), join(inbox, 'link'));
  rmSync(join(inbox, 'below'), { recursive: true });
  symlinkSync(outside, join(inbox, 'below'));
  mkdirSync(join(inbox, 'folder'));
  expect(await server.api.commit(tree, body.id)).toMatchObject(mismatch(['link', 'below/link', 'folder']));
});

test('the first commit of two pushes with the same base wins', async () => {
  const begun = await Promise.all(
    ['x', 'y'].map((path) => server.api.beginPush(tree, { base: 0, changes: puts({ [path]: path }) })),
  );
  const responses = await Promise.all(
    begun.map(({ body }, index) => {
      fillInbox(server, body.id, { [body.upload[0] ?? '']: ['x', 'y'][index] ?? '' });
      return server.api.commit(tree, body.id);
    }),
  );
  expect(responses.map((response) => response.status).sort((a, b) => a - b)).toEqual([200, 409]);
  const loser = responses.find((response) => response.status === 409);
  expect(loser?.body.error).toMatchObject({ code: 'stale_base', details: { head: 1 } });
  expect((await server.api.table(tree)).body.files).toHaveLength(1);
});

test('a session runs one commit at a time', async () => {
  const big = new Uint8Array(8 << 20).fill(1);
  const { body } = await server.api.beginPush(tree, { base: 0, changes: puts({ big }) });
  fillInbox(server, body.id, { big });
  const responses = await Promise.all([server.api.commit(tree, body.id), server.api.commit(tree, body.id)]);
  expect(responses.map((response) => response.status).sort((a, b) => a - b)).toEqual([200, 409]);
  expect(responses.find((response) => response.status === 409)?.body.error.code).toBe('session_busy');
  expect((await server.api.commit(tree, body.id)).body).toMatchObject({ revision: 1 });
});

test('a session belongs to its token', async () => {
  const other = server.as(await server.services.tokens.create(`bob-${made}`, null));
  const { body } = await server.api.beginPush(tree, { base: 0, changes: puts({ a: '1' }) });
  fillInbox(server, body.id, { a: '1' });
  expect(await other.commit(tree, body.id)).toMatchObject({ status: 404 });
  expect((await other.end(tree, 'pushes', body.id)).status).toBe(204);
  await server.api.makeTree('elsewhere');
  expect(await server.api.commit('elsewhere', body.id)).toMatchObject({ status: 404 });
  expect(await server.api.commit(tree, body.id)).toMatchObject({ status: 200 });
});

test('a session is removed when it is committed or ended', async () => {
  const committed = await server.api.beginPush(tree, { base: 0, changes: puts({ a: '1' }) });
  fillInbox(server, committed.body.id, { a: '1' });
  await server.api.commit(tree, committed.body.id);
  const ended = await server.api.beginPush(tree, { base: 1, changes: puts({ b: '1' }) });
  expect((await server.api.end(tree, 'pushes', ended.body.id)).status).toBe(204);
  expect(await server.api.commit(tree, ended.body.id)).toMatchObject({ status: 404 });
  const left = readdirSync(join(server.dataFolder, 'sessions'));
  expect(left).not.toContain(committed.body.id);
  expect(left).not.toContain(ended.body.id);
});

test('100,000 entries are pushed at once', { timeout: 240_000 }, async () => {
  const changes = Array.from({ length: 100_000 }, (_, index) => put(`folder-${index % 500}/file-${index}`, ''));
  expect(await pushDirectly(server, tree, 0, { 'folder-0/file-0': '' }, { changes })).toBe(1);
  expect((await server.api.table(tree)).body.files).toHaveLength(100_000);
  const { body } = await server.api.call<RevisionList>('GET', `/v1/trees/${tree}/revisions`);
  expect(body.revisions[0]).toMatchObject({ put: 100_000, deleted: 0 });
  expect(await pushDirectly(server, tree, 1, {}, { changes })).toBe(1);
  const paths = changes.map((change) => change.path);
  const pull = await server.api.beginPull(tree, { revision: 1, paths });
  expect(pull.status).toBe(201);
  expect(existsSync(join(server.services.sessions.filesFolderOf(pull.body.id), 'folder-499/file-99999'))).toBe(true);
  expect((await server.api.end(tree, 'pulls', pull.body.id)).status).toBe(204);
});

test('the id of a revision distinguishes it from another with the same number', async () => {
  await pushDirectly(server, tree, 0, { a: 'one' });
  const { id } = (await server.api.table(tree)).body;
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  const files = (sinceId: string) => server.api.call('GET', `/v1/trees/${tree}/files?since=1&sinceId=${sinceId}`);
  expect(await files(id)).toMatchObject({ status: 200, body: { revision: 1, files: [] } });
  const unknown = { status: 404, body: { error: { code: 'revision_not_found', details: { head: 1 } } } };
  expect(await files('another')).toMatchObject(unknown);
  const push = { base: 1, changes: puts({ b: 'two' }) };
  expect(await server.api.beginPush(tree, { ...push, baseId: 'another' })).toMatchObject(unknown);
  const begun = await server.api.beginPush(tree, { ...push, baseId: id });
  fillInbox(server, begun.body.id, { b: 'two' });
  const committed = await server.api.commit(tree, begun.body.id);
  expect(committed.body).toEqual({ revision: 2, id: (await server.api.table(tree)).body.id });
});
