import { readFileSync, statSync, writeFileSync, chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Change } from '../contract/schemas';
import { link, put, puts, sha256 } from '../../test/changes';
import { fillInbox, pushDirectly } from '../../test/directPush';
import { startTestServer, type TestServer } from '../../test/testServer';

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

const begin = (base: number, changes: Change[], force?: boolean) =>
  server.api.beginPush(tree, { base, changes, ...(force === undefined ? {} : { force }) });

test('a push on another base than the head is refused with the head', async () => {
  await pushDirectly(server, tree, 0, { a: '1' });
  const stale = { status: 409, body: { error: { code: 'stale_base', details: { head: 1 } } } };
  expect(await begin(0, [put('a', '2')])).toMatchObject(stale);
  expect(await begin(2, [put('a', '2')])).toMatchObject(stale);
  expect(await begin(2, [put('a', '2')], true)).toMatchObject(stale);
  expect(await begin(0, [put('a', '2')], true)).toMatchObject({ status: 201, body: { base: 1, upload: ['a'] } });
});

test.each([
  ['/absolute', 'is absolute'],
  ['a/../b', 'has a ".." segment'],
  ['./a', 'has a "." segment'],
  ['a//b', 'has an empty segment'],
  ['a/', 'has an empty segment'],
  ['', 'is empty'],
  ['a\0b', 'has a NUL character'],
  ['a\\b', 'has a backslash'],
  ['a\ud800', 'is not valid Unicode'],
  ['n'.repeat(256), 'has a segment longer than 255 bytes'],
  ['nn/'.repeat(1400) + 'n', 'is longer than 4096 bytes'],
])('the path %j is refused by name', async (path, fault) => {
  for (const change of [put(path, 'x'), { op: 'delete', path } as const]) {
    const answer = await begin(0, [put('good', 'x'), change]);
    expect(answer).toMatchObject({
      status: 422,
      body: { error: { code: 'invalid_path', details: { paths: [path] } } },
    });
    expect(answer.body.error.message).toBe(`${JSON.stringify(path)} ${fault}`);
  }
});

test('a path that the session folder has no room for is refused, not half made', async () => {
  const path = `${'n/'.repeat(2040)}n`;
  const answer = await begin(0, [put(path, 'x')]);
  expect(answer).toMatchObject({ status: 422, body: { error: { code: 'invalid_path', details: { paths: [path] } } } });
});

test('a path stands in a push once', async () => {
  const answer = await begin(0, [put('a', '1'), { op: 'delete', path: 'a' }]);
  expect(answer).toMatchObject({
    status: 422,
    body: { error: { code: 'invalid_request', details: { paths: ['a'] } } },
  });
});

test('a link has a target that its size and hash are of, and nothing else has one', async () => {
  const good = link('l', 'there');
  const { target: _, ...without } = good;
  const bad = [without, { ...good, target: 'elsewhere' }, { ...good, size: 1 }, put('f', 'x', { target: 'x' })];
  for (const change of bad) {
    expect(await begin(0, [change])).toMatchObject({ status: 422, body: { error: { code: 'invalid_request' } } });
  }
  expect(await begin(0, [good])).toMatchObject({ status: 201, body: { upload: [] } });
});

test('one content has one size', async () => {
  const answer = await begin(0, [put('a', 'x'), put('b', 'x', { size: 2 })]);
  expect(answer).toMatchObject({ status: 422, body: { error: { code: 'invalid_request' } } });
});

test('no path is a file and a folder at once', async () => {
  await pushDirectly(server, tree, 0, { 'folder/file': '1', plain: '2' });
  const clash = (paths: string[]) => ({
    status: 422,
    body: { error: { code: 'file_dir_conflict', details: { paths } } },
  });
  expect(await begin(1, [put('a', '1'), put('a/b', '2')])).toMatchObject(clash(['a', 'a/b']));
  expect(await begin(1, [put('plain/below/deep', '1')])).toMatchObject(clash(['plain', 'plain/below/deep']));
  expect(await begin(1, [put('folder', '1')])).toMatchObject(clash(['folder', 'folder/file']));
  expect(await begin(1, [link('folder', 'plain')])).toMatchObject(clash(['folder', 'folder/file']));
  const swapped = await begin(1, [
    { op: 'delete', path: 'folder/file' },
    put('folder', '1'),
    { op: 'delete', path: 'plain' },
    put('plain/below', '2'),
    put('folder.txt', '3'),
  ]);
  expect(swapped.status).toBe(201);
});

test('only content that the tree never had is asked for, and each but once', async () => {
  await pushDirectly(server, tree, 0, { a: 'old', b: 'kept' });
  await pushDirectly(server, tree, 1, { a: 'new' });
  const answer = await begin(2, [
    put('a', 'old'),
    put('renamed', 'kept'),
    put('touched', 'new'),
    put('first', 'unknown'),
    put('second', 'unknown'),
    put('b', 'kept'),
    link('l', 'unknown'),
  ]);
  expect(answer.body.upload).toEqual(['first']);
});

test('what another tree has is neither told nor given', async () => {
  await server.api.makeTree('other');
  await pushDirectly(server, 'other', 0, { secret: 'the secret of another tree' });
  expect((await begin(0, [put('claimed', 'the secret of another tree')])).body.upload).toEqual(['claimed']);
});

test("a link's target is not content that the tree has", async () => {
  const { body } = await begin(0, [link('l', 'passwd')]);
  await server.api.commit(tree, body.id);
  expect((await begin(1, [put('f', 'passwd')])).body.upload).toEqual(['f']);
});

test('an object that was lost, or cut short, is asked for again', async () => {
  await pushDirectly(server, tree, 0, { lost: 'content to be lost', cut: 'content to be cut' });
  rmSync(server.services.objects.fileOf(sha256('content to be lost')));
  const cut = server.services.objects.fileOf(sha256('content to be cut'));
  chmodSync(cut, 0o600);
  writeFileSync(cut, 'cont');
  const answer = await begin(1, [put('x', 'content to be lost'), put('y', 'content to be cut')]);
  expect(answer.body.upload).toEqual(['x', 'y']);
});

test('a forced push finds damage that only reading finds, and mends it without a new revision', async () => {
  await pushDirectly(server, tree, 0, { a: 'right', b: 'fine' });
  const object = server.services.objects.fileOf(sha256('right'));
  chmodSync(object, 0o600);
  writeFileSync(object, 'wrong');
  const unforced = await begin(1, [put('a', 'right'), put('b', 'fine')]);
  expect(unforced.body.upload).toEqual([]);
  const forced = await begin(0, [put('a', 'right'), put('b', 'fine')], true);
  expect(forced.body.upload).toEqual(['a']);
  fillInbox(server, forced.body.id, { a: 'right' });
  expect((await server.api.commit(tree, forced.body.id)).body).toMatchObject({ revision: 1 });
  expect(readFileSync(object, 'utf8')).toBe('right');
});

test("the head's object stands in the inbox as what rsync sends the difference to", async () => {
  await pushDirectly(server, tree, 0, { 'folder/a': 'old content' });
  const { body } = await begin(1, puts({ 'folder/a': 'new content', 'another/b': 'b' }));
  const inbox = server.services.store.filesFolderOf(body.id);
  const object = server.services.objects.fileOf(sha256('old content'));
  expect(statSync(join(inbox, 'folder/a')).ino).toBe(statSync(object).ino);
  expect(statSync(join(inbox, 'another')).isDirectory()).toBe(true);
  expect(statSync(join(inbox, 'another/b'), { throwIfNoEntry: false })).toBeUndefined();
});

test('ids are 128 bits, and the secrets are for the server alone', async () => {
  const { body } = await begin(0, [put('a', '1')]);
  expect(body.id).toMatch(/^[0-9a-f]{32}$/);
  expect(body.module).toBe(body.id);
  const folder = server.services.store.folderOf(body.id);
  expect(statSync(join(folder, 'rsync.secrets')).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});
