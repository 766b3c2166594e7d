import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { puts, sha256, writeFiles, type Files } from '../../test/changes';
import { fillInbox, pushDirectly } from '../../test/directPush';
import { temporaryFolder } from '../../test/temporaryFolder';
import { startTestServer, type TestServer } from '../../test/testServer';
import { send } from '../../test/transfers';

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

async function begin(files: Files, resume?: string, base = 0) {
  const begun = await server.api.beginPush(tree, {
    base,
    changes: puts(files),
    ...(resume === undefined ? {} : { resume }),
  });
  expect(begun.status).toBe(201);
  return begun.body;
}

const inboxOf = (id: string): string => server.services.sessions.filesFolderOf(id);
const folderOf = (id: string): string => server.services.sessions.folderOf(id);
const contentOf = (content: string | Uint8Array): Buffer =>
  readFileSync(server.services.objects.fileOf(sha256(content)));

test('a push that resumes another one uploads only what has not arrived, and a part of a file only once', async () => {
  const big = randomBytes(16 << 20);
  const files = { 'd/done': 'done', 'd/big': big, 'd/missing': 'missing' };
  const first = await begin(files);
  fillInbox(server, first.id, { 'd/done': 'done', 'd/big': big.subarray(0, 12 << 20) });
  const second = await begin(files, first.id);
  expect(second.upload).toEqual(['d/big', 'd/missing']);
  expect(existsSync(folderOf(first.id))).toBe(false);
  const source = temporaryFolder();
  writeFiles(source, files);
  const sent = await send(server, tree, second, source, second.upload);
  expect(sent.exit).toBe(0);
  expect(sent.bridge.counts.sent).toBeLessThan(6 << 20);
  expect(await server.api.commit(tree, second.id)).toMatchObject({ status: 200 });
  expect(contentOf(big).equals(big)).toBe(true);
  expect(contentOf('done').toString()).toBe('done');
});

test('a file that was renamed since is found by its content', async () => {
  const first = await begin({ a: 'one', b: 'two' });
  fillInbox(server, first.id, { a: 'one', b: 'two' });
  const second = await begin({ b: 'one', 'c/d': 'two', a: 'three' }, first.id);
  expect(second.upload).toEqual(['a']);
  fillInbox(server, second.id, { a: 'three' });
  expect(await server.api.commit(tree, second.id)).toMatchObject({ status: 200 });
});

test('an earlier content of a path is the delta basis of its next one', async () => {
  const first = await begin({ log: 'line 1\n' });
  fillInbox(server, first.id, { log: 'line 1\n' });
  expect((await server.api.commit(tree, first.id)).status).toBe(200);
  const second = await begin({ log: 'line 1\nline 2\n' }, undefined, 1);
  fillInbox(server, second.id, { log: 'line 1\nli' });
  const third = await begin({ log: 'line 1\nline 2\nline 3\n' }, second.id, 1);
  expect(third.upload).toEqual(['log']);
  expect(readFileSync(join(inboxOf(third.id), 'log'), 'utf8')).toBe('line 1\nli');
});

test('a push is resumed even if a folder became a file, or a file became a folder', async () => {
  const first = await begin({ 'a/b': 'same', c: 'x' });
  fillInbox(server, first.id, { 'a/b': 'same' });
  const second = await begin({ a: 'same', 'c/d': 'y' }, first.id);
  expect(second.upload).toEqual(['c/d']);
});

test('a push that was committed, ended, or belongs to another token or tree is not resumed', async () => {
  const files = { a: `a of ${tree}` };
  const foreign = await begin(files);
  fillInbox(server, foreign.id, files);
  const other = server.as(await server.services.tokens.create(`other-${tree}`, null));
  const changes = puts(files);
  const begun = await other.beginPush(tree, { base: 0, changes, resume: foreign.id });
  expect(begun).toMatchObject({ status: 201, body: { upload: ['a'] } });
  await server.api.makeTree(`${tree}-2`);
  const elsewhere = await server.api.beginPush(`${tree}-2`, { base: 0, changes, resume: foreign.id });
  expect(elsewhere).toMatchObject({ status: 201, body: { upload: ['a'] } });
  const pull = (await server.api.beginPull(tree, { revision: 0, paths: [] })).body.id;
  for (const resume of ['../../x', '', '0'.repeat(32), pull]) {
    expect((await begin(files, resume)).upload).toEqual(['a']);
  }
  expect(existsSync(join(inboxOf(foreign.id), 'a'))).toBe(true);
});

test('a push that is being committed is not resumed', async () => {
  const first = await begin({ a: 'busy' });
  fillInbox(server, first.id, { a: 'busy' });
  await server.services.activity.exclusively(first.id, 'await-runs', async () => {
    expect((await begin({ a: 'busy' }, first.id)).upload).toEqual(['a']);
  });
  expect(await server.api.commit(tree, first.id)).toMatchObject({ status: 200 });
});

test('links in the inbox of the earlier push are not followed', async () => {
  const outside = temporaryFolder();
  writeFileSync(join(outside, 'secret'), 'secret');
  const first = await begin({ 'd/secret': 'secret', link: 'linked' });
  mkdirSync(join(inboxOf(first.id), 'e'));
  renameSync(join(inboxOf(first.id), 'd'), join(inboxOf(first.id), 'e/d'));
  symlinkSync(outside, join(inboxOf(first.id), 'd'));
  symlinkSync(join(outside, 'secret'), join(inboxOf(first.id), 'link'));
  const second = await begin({ 'd/secret': 'secret', link: 'linked' }, first.id);
  expect(second.upload).toEqual(['d/secret', 'link']);
  expect(lstatSync(join(inboxOf(second.id), 'link'), { throwIfNoEntry: false })).toBeUndefined();
  expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
});

test('a push that needs no upload ends the push that it resumes', async () => {
  await pushDirectly(server, tree, 0, { a: 'a' });
  const first = await begin({ b: 'b' }, undefined, 1);
  const empty = await server.api.beginPush(tree, {
    base: 1,
    changes: [{ op: 'delete', path: 'a' }],
    resume: first.id,
  });
  expect(empty.body.upload).toEqual([]);
  expect(existsSync(folderOf(first.id))).toBe(false);
});
