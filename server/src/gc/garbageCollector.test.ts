import { existsSync, linkSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { put, puts, sha256, type Files } from '../../test/changes';
import { fillInbox, pushDirectly } from '../../test/directPush';
import { manyFiles, packFiles, pushPacked } from '../../test/packs';
import { startTestServer, type TestServer } from '../../test/testServer';
import { withoutPurges } from '../database/purgeLock';
import { OperatorError } from '../errors';
import type { GcRequest } from './gcRequest';

let server: TestServer;
/** The clock of the disk cannot be set, so that of the server is ahead. */
let now = new Date();

beforeEach(async () => {
  now = new Date();
  server = await startTestServer({ now: () => now });
  await server.api.makeTree('tree');
});
afterEach(() => server.stop());

const gc = (over: Partial<GcRequest> = {}) => {
  const request: GcRequest = {
    dryRun: false,
    purgeBefore: 'now',
    workShare: 1,
    signal: new AbortController().signal,
    report: () => undefined,
    ...over,
  };
  return server.services.garbage.collect(request);
};
const fileOf = (content: string): string => server.services.objects.fileOf(sha256(content));
const isStored = (content: string): boolean => existsSync(fileOf(content));
const litter = (content: string): void => writeFileSync(fileOf(content), content, { mode: 0o444 });
const inTwoHours = (): void => {
  now = new Date(now.getTime() + 2 * 60 * 60 * 1000);
};

async function failingPush(files: Files): Promise<string> {
  const changes = puts({ ...files, absent: 'absent' });
  const { body } = await server.api.beginPush('tree', { base: 0, changes });
  fillInbox(server, body.id, files);
  return body.id;
}

test('a content that no revision has and no session uses is removed, and what that frees is told', async () => {
  await pushDirectly(server, 'tree', 0, { a: 'old', b: 'kept' });
  await pushDirectly(server, 'tree', 1, { a: 'new' });
  await gc();
  litter('litter');
  const { blocks } = statSync(fileOf('litter'));
  const rewritten = { packs: 0, bytes: 0 };
  const expected = {
    trees: [],
    contents: { files: 1, bytes: blocks * 512 },
    rewritten,
    leftovers: { files: 0, bytes: 0 },
  };
  expect(await gc({ dryRun: true })).toMatchObject(expected);
  expect(isStored('litter')).toBe(true);
  expect(await gc()).toMatchObject(expected);
  const contents = ['litter', 'old', 'kept', 'new'].map((content) => put('file', content));
  const stored = await server.services.contents.stored(contents);
  expect(contents.map(({ hash }) => stored.has(hash))).toEqual([false, true, true, true]);
  expect((await gc()).contents.files).toBe(0);
});

test('what a push brings in stays while the push is open, and after a restart', async () => {
  const id = await failingPush({ a: 'brought in' });
  litter('brought in');
  await gc();
  expect(isStored('brought in')).toBe(true);
  const { dataFolder } = server;
  await server.stop();
  server = await startTestServer({ dataFolder, tokenName: 'later', now: () => now });
  await server.services.uploaded.restore();
  await gc();
  expect(isStored('brought in')).toBe(true);
  await server.services.uploaded.discard(id);
  expect(isStored('brought in')).toBe(false);
});

test('what the server told a push that it has stays until its commit, even if its last version goes meanwhile', async () => {
  await pushDirectly(server, 'tree', 0, { a: 'relied on' });
  const { body } = await server.api.beginPush('tree', { base: 1, changes: [put('b', 'relied on')] });
  expect(body.upload).toEqual([]);
  // As retention will do.
  await server.database.deleteFrom('entries').execute();
  await server.database.deleteFrom('versions').execute();
  await gc();
  expect(await server.api.commit('tree', body.id)).toMatchObject({ status: 200 });
  await gc();
  expect(isStored('relied on')).toBe(true);
});

test('a view of a pull keeps its files, and frees their bytes only when it ends', async () => {
  await pushDirectly(server, 'tree', 0, { a: 'x'.repeat(10_000) });
  const { body } = await server.api.beginPull('tree', { revision: 1, paths: ['a'] });
  await server.services.treeAdministration.delete('tree');
  expect(await gc()).toMatchObject({ trees: [{ name: 'tree', revisions: 1 }], contents: { files: 1, bytes: 0 } });
  const view = server.services.sessions.filesFolderOf(body.id);
  expect(readFileSync(join(view, 'a'), 'utf8')).toBe('x'.repeat(10_000));
});

test('remains of killed work are removed when they are old', async () => {
  const copy = `${fileOf('x')}.00000000-0000-4000-8000-000000000000`;
  writeFileSync(copy, 'a part');
  const session = server.services.sessions.folderOf('0'.repeat(32));
  mkdirSync(session);
  writeFileSync(join(session, 'rsync.secrets'), 'x');
  const foreign = `${fileOf('x')}.mine`;
  linkSync(copy, foreign);
  await gc();
  expect([copy, session].map((path) => existsSync(path))).toEqual([true, true]);
  inTwoHours();
  utimesSync(session, new Date(), new Date());
  expect(await gc({ dryRun: true })).toMatchObject({ leftovers: { files: 2 } });
  expect(await gc()).toMatchObject({ leftovers: { files: 2 } });
  expect([copy, session, foreign].map((path) => existsSync(path))).toEqual([false, false, true]);
});

test('a deleted tree is purged with what only it has, after its time', async () => {
  await pushDirectly(server, 'tree', 0, { a: 'only here', b: 'shared' });
  await server.api.makeTree('other');
  await pushDirectly(server, 'other', 0, { b: 'shared' });
  await server.services.treeAdministration.delete('tree');
  const deletedAt = now.toISOString();
  inTwoHours();
  expect(await gc({ purgeBefore: new Date(deletedAt) })).toMatchObject({ trees: [], contents: { files: 0 } });
  const purged = { trees: [{ name: 'tree', deletedAt, revisions: 1 }], contents: { files: 1 } };
  expect(await gc({ dryRun: true })).toMatchObject(purged);
  expect(isStored('only here')).toBe(true);
  expect(await gc({ purgeBefore: now })).toMatchObject(purged);
  expect(['only here', 'shared'].map(isStored)).toEqual([false, true]);
  for (const table of ['versions', 'entries', 'revisions'] as const) {
    expect(await server.database.selectFrom(table).select('tree_id').execute()).toHaveLength(1);
  }
  await expect(server.services.treeAdministration.undelete('tree')).rejects.toThrow('No deleted tree is named "tree".');
});

test('while a backup runs, gc purges no tree', async () => {
  await pushDirectly(server, 'tree', 0, { a: 'only here' });
  await server.services.treeAdministration.delete('tree');
  litter('litter');
  const { signal } = new AbortController();
  await withoutPurges(server.dataFolder, signal, async () => {
    expect(await gc()).toMatchObject({ trees: [], contents: { files: 1 } });
  });
  expect(isStored('only here')).toBe(true);
  expect(await gc()).toMatchObject({ trees: [{ name: 'tree' }], contents: { files: 1 } });
});

test('a purge that was cancelled cannot be undone, and the next gc goes on with it', async () => {
  await pushDirectly(server, 'tree', 0, { a: 'a' });
  await server.services.treeAdministration.delete('tree');
  const reason = new OperatorError('The command was cancelled.');
  await expect(gc({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  await expect(server.services.treeAdministration.undelete('tree')).rejects.toThrow('No deleted tree is named "tree".');
  expect(await gc({ purgeBefore: new Date(0) })).toMatchObject({ trees: [{ name: null }] });
  expect(await server.database.selectFrom('trees').select('id').execute()).toEqual([]);
});

test('a pack is removed with the last of its contents, and remains of a killed server when they are old', async () => {
  const files = manyFiles('packed');
  await pushPacked(server, 'tree', 0, files);
  await server.api.makeTree('other');
  const [path = ''] = Object.keys(files);
  await pushDirectly(server, 'other', 0, { path: files[path] ?? '' });
  await server.services.treeAdministration.delete('tree');
  await gc();
  const [pack = '', ...others] = packFiles(server);
  expect(others).toEqual([]);
  const { blocks } = statSync(pack);
  await server.services.treeAdministration.delete('other');
  const dryRun = await gc({ dryRun: true });
  expect(dryRun.contents).toEqual({ files: 2, bytes: (blocks + statSync(fileOf(files[path] ?? '')).blocks) * 512 });
  expect((await gc()).contents).toEqual(dryRun.contents);
  expect(packFiles(server)).toEqual([]);

  writeFileSync(pack, 'left by a kill');
  await gc();
  expect(packFiles(server)).toEqual([pack]);
  inTwoHours();
  expect((await gc()).leftovers.files).toBe(1);
  expect(packFiles(server)).toEqual([]);
});
