import { rmSync, truncateSync, writeFileSync, chmodSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { puts, sha256, type Files } from '../../test/changes';
import { fillInbox, pushDirectly } from '../../test/directPush';
import { manyFiles, packFiles, packsFor, pushPacked, putPack, readView } from '../../test/packs';
import { startTestServer, type TestServer } from '../../test/testServer';
import type { PullSession, PushSession } from '../contract/schemas';

let server: TestServer;
let tree: string;
let made = 0;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  tree = `tree-${++made}`;
  await server.api.makeTree(tree);
});

async function begin(base: number, files: Files, over: Record<string, unknown> = {}): Promise<PushSession> {
  const begun = await server.api.beginPush(tree, { base, changes: puts(files), packs: true, ...over });
  expect(begun).toMatchObject({ status: 201 });
  return begun.body;
}

async function pull(
  revision: number,
  files: Files,
  packs?: boolean,
): Promise<{ session: PullSession; view: Map<string, string> }> {
  const paths = Object.keys(files);
  const begun = await server.api.beginPull(tree, { revision, paths, ...(packs === undefined ? {} : { packs }) });
  expect(begun).toMatchObject({ status: 201 });
  const session: PullSession = begun.body;
  const requested = puts(files).map(({ path, size }) => ({ path, size }));
  return { session, view: readView(server, session, requested) };
}

const content = async (path: string, revision: number): Promise<string> => {
  const query = `path=${encodeURIComponent(path)}&revision=${revision}`;
  const headers = { authorization: `Bearer ${server.token}` };
  const response = await server.app.request(`/v1/trees/${tree}/content?${query}`, { headers });
  return response.text();
};

test('many small files travel in packs, and large ones alone', async () => {
  const files = { ...manyFiles('many'), large: 'l'.repeat(70_000), empty: '' };
  const session = await pushPacked(server, tree, 0, files);
  expect(session.upload).toEqual(['large']);
  expect(session.packs?.flat().toSorted()).toEqual(
    Object.keys(files)
      .filter((path) => path !== 'large')
      .toSorted(),
  );
  expect(new Map(Object.entries(files))).toEqual((await pull(1, files, true)).view);
});

test('a client that does not know packs gets and sends files', async () => {
  const files = manyFiles('plain');
  const begun = await server.api.beginPush(tree, { base: 0, changes: puts(files) });
  expect(begun.body).toMatchObject({ upload: Object.keys(files) });
  expect(begun.body.packs).toBeUndefined();
  await pushPacked(server, tree, 0, files);
  const { session, view } = await pull(1, files);
  expect(session.packs).toBeUndefined();
  expect(view).toEqual(new Map(Object.entries(files)));
});

test('a few files travel alone', async () => {
  const files = manyFiles('few', 20);
  expect(await begin(0, files)).toMatchObject({ upload: Object.keys(files) });
});

test('a pull of most of a pack gets the pack, one of a part gets another pack with that part', async () => {
  const files = manyFiles('part', 1000);
  await pushPacked(server, tree, 0, files);
  const whole = await pull(1, files, true);
  expect(whole.view).toEqual(new Map(Object.entries(files)));
  const part = Object.fromEntries(Object.entries(files).filter((_, index) => index % 3 === 0));
  const { session, view } = await pull(1, part, true);
  expect(view).toEqual(new Map(Object.entries(part)));
  const bytes = (pulled: PullSession): number => (pulled.packs ?? []).reduce((sum, pack) => sum + pack.bytes, 0);
  expect(bytes(session)).toBe(Object.values(part).join('').length);
  expect(bytes(whole.session)).toBe(Object.values(files).join('').length);
});

test('old and new versions in packs are read by their revision', async () => {
  const before = manyFiles('versions');
  await pushPacked(server, tree, 0, before);
  const after = Object.fromEntries(Object.entries(before).map(([path, text]) => [path, `${text} again`]));
  await pushPacked(server, tree, 1, after);
  const [path] = Object.keys(before) as [string];
  expect([await content(path, 1), await content(path, 2)]).toEqual([before[path], after[path]]);
  expect((await pull(1, before, true)).view).toEqual(new Map(Object.entries(before)));
});

test('content that the tree has is not asked for again, whether a pack or an object has it', async () => {
  const files = manyFiles('known');
  await pushPacked(server, tree, 0, files);
  await pushDirectly(server, tree, 1, { object: 'an object' });
  const renamed = Object.fromEntries(Object.entries(files).map(([path, text]) => [`moved/${path}`, text]));
  expect(await begin(2, { ...renamed, copy: 'an object' })).toMatchObject({ upload: [] });
});

test('a file that changed while it was packed is named, and nothing is committed', async () => {
  const files = manyFiles('busy');
  const session = await begin(0, files);
  const [bytes] = packsFor(session, files) as [Buffer];
  const busy = session.packs?.[0]?.[7] ?? '';
  const start = (session.packs?.[0] ?? []).slice(0, 7).reduce((sum, path) => sum + (files[path]?.length ?? 0), 0);
  bytes.write('?', start);
  putPack(server, session.id, 0, bytes);
  expect(await server.api.commit(tree, session.id)).toMatchObject({
    status: 422,
    body: { error: { code: 'content_mismatch', details: { paths: [busy] } } },
  });
  // The next plan has the file's new content, and the rest need not be sent again.
  const replanned = { ...files, [busy]: 'its new content' };
  const next = await begin(0, replanned, { resume: session.id });
  expect(next).toMatchObject({ upload: [busy] });
  fillInbox(server, next.id, { [busy]: 'its new content' });
  expect(await server.api.commit(tree, next.id)).toMatchObject({ status: 200 });
  expect((await pull(1, replanned, true)).view).toEqual(new Map(Object.entries(replanned)));
});

test('what a cut pack has brought is not sent again', async () => {
  const files = manyFiles('cut', 1000);
  const session = await begin(0, files);
  const [bytes] = packsFor(session, files) as [Buffer];
  putPack(server, session.id, 0, bytes.subarray(0, bytes.length / 2));
  const next = await begin(0, files, { resume: session.id });
  const asked = [...next.upload, ...(next.packs ?? []).flat()].length;
  expect(asked).toBeGreaterThan(400);
  expect(asked).toBeLessThan(600);
  for (const [number, pack] of packsFor(next, files).entries()) putPack(server, next.id, number, pack);
  expect(await server.api.commit(tree, next.id)).toMatchObject({ status: 200 });
  expect((await pull(1, files, true)).view).toEqual(new Map(Object.entries(files)));
});

test('a pack proves content only if it has it: that another tree has it does not count', async () => {
  const files = manyFiles('secret');
  await pushPacked(server, tree, 0, files);
  tree = `tree-${++made}`;
  await server.api.makeTree(tree);
  const session = await begin(0, files);
  const [bytes] = packsFor(session, files) as [Buffer];
  putPack(server, session.id, 0, Buffer.alloc(bytes.length));
  expect(await server.api.commit(tree, session.id)).toMatchObject({
    status: 422,
    body: { error: { code: 'content_mismatch' } },
  });
  await server.api.end(tree, 'pushes', session.id);
});

test('the packs of a push that is given up are removed, except for what another push declares', async () => {
  const before = packFiles(server);
  const files = manyFiles('given-up');
  const session = await begin(0, files);
  const [bytes] = packsFor(session, files) as [Buffer];
  putPack(server, session.id, 0, bytes);
  const broken = await begin(0, { ...files, more: 'x' });
  expect(await server.api.commit(tree, broken.id)).toMatchObject({ status: 422 });
  await server.services.packInboxes.finish(session.id, await server.services.sessions.pushRecord(session.id));
  expect(packFiles(server).length).toBe(before.length + 1);
  await server.api.end(tree, 'pushes', session.id);
  expect(packFiles(server).length).toBe(before.length + 1);
  await server.api.end(tree, 'pushes', broken.id);
  expect(packFiles(server)).toEqual(before);
});

test.each(['flipped', 'truncated', 'missing'])('a force push repairs contents of a %s pack', async (damage) => {
  const files = manyFiles(`damaged-${damage}`);
  const before = packFiles(server);
  await pushPacked(server, tree, 0, files);
  const file = packFiles(server).find((pack) => !before.includes(pack)) ?? '';
  chmodSync(file, 0o644);
  if (damage === 'flipped') writeFileSync(file, '?', { flag: 'r+' });
  else if (damage === 'truncated') truncateSync(file, 10);
  else rmSync(file);
  const session = await begin(1, files, { force: true });
  const asked = [...session.upload, ...(session.packs ?? []).flat()];
  expect(asked.length).toBe(damage === 'flipped' ? 1 : 300);
  for (const [number, pack] of packsFor(session, files).entries()) putPack(server, session.id, number, pack);
  fillInbox(server, session.id, Object.fromEntries(session.upload.map((path) => [path, files[path] ?? ''])));
  expect(await server.api.commit(tree, session.id)).toMatchObject({ status: 200 });
  expect((await pull(1, files, true)).view).toEqual(new Map(Object.entries(files)));
});

test('a restarted server commits what the packs in an inbox contain', async () => {
  const files = manyFiles('restart');
  const session = await begin(0, files);
  for (const [number, pack] of packsFor(session, files).entries()) putPack(server, session.id, number, pack);
  await server.services.packInboxes.discard(session.id);
  expect(await server.api.commit(tree, session.id)).toMatchObject({ status: 200 });
  expect((await pull(1, files, true)).view).toEqual(new Map(Object.entries(files)));
});

test('a force push repairs many damaged objects, although their contents are small', async () => {
  const files = manyFiles('damaged-objects');
  await pushDirectly(server, tree, 0, files);
  const paths = Object.keys(files);
  const objectOf = (path: string): string => server.services.objects.fileOf(sha256(files[path] ?? ''));
  for (const path of paths) {
    chmodSync(objectOf(path), 0o644);
    writeFileSync(objectOf(path), '?', { flag: 'r+' });
  }
  await pushPacked(server, tree, 1, { ...files, new: 'a revision of its own' }, { force: true });
  for (const path of [paths[0] ?? '', paths.at(-1) ?? '']) expect(await content(path, 1)).toBe(files[path]);
  expect((await pull(2, files, true)).view).toEqual(new Map(Object.entries(files)));
});

test('a content that has an object too is pulled although its pack is damaged', async () => {
  const files = manyFiles('both');
  const before = packFiles(server);
  await pushPacked(server, tree, 0, files);
  tree = `tree-${++made}`;
  await server.api.makeTree(tree);
  await pushDirectly(server, tree, 0, files);
  const pack = packFiles(server).find((file) => !before.includes(file)) ?? '';
  chmodSync(pack, 0o644);
  writeFileSync(pack, '?', { flag: 'r+' });
  expect((await pull(1, files, true)).view).toEqual(new Map(Object.entries(files)));
});
