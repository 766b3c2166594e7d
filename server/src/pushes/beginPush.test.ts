import { readFileSync, statSync, writeFileSync, chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Change } from '../contract/schemas';
import { symlink, put, puts, sha256 } from '../../test/changes';
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

test('a push whose base is not the head is refused with the head, unless it is forced and the base is older', async () => {
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
  ['a/.GIT/config', 'is in a .git folder'],
  ['n'.repeat(256), 'has a segment longer than 255 bytes'],
  ['nn/'.repeat(1400) + 'n', 'is longer than 4096 bytes'],
])('the path %j is refused and named', async (path, fault) => {
  for (const change of [put(path, 'x'), { op: 'delete', path } as const]) {
    const response = await begin(0, [put('good', 'x'), change]);
    expect(response).toMatchObject({
      status: 422,
      body: { error: { code: 'invalid_path', details: { paths: [path] } } },
    });
    expect(response.body.error.message).toBe(`${JSON.stringify(path)} ${fault}`);
  }
});

test('a path that is too long for the session folder is refused', async () => {
  const path = `${'n/'.repeat(2040)}n`;
  const response = await begin(0, [put(path, 'x')]);
  expect(response).toMatchObject({
    status: 422,
    body: { error: { code: 'invalid_path', details: { paths: [path] } } },
  });
});

test('a push that has a path twice is refused', async () => {
  const response = await begin(0, [put('a', '1'), { op: 'delete', path: 'a' }]);
  expect(response).toMatchObject({
    status: 422,
    body: { error: { code: 'invalid_request', details: { paths: ['a'] } } },
  });
});

test('only a symlink has a target, and its size and hash are those of the target', async () => {
  const good = symlink('l', 'there');
  const { target: _, ...without } = good;
  const bad = [without, { ...good, target: 'elsewhere' }, { ...good, size: 1 }, put('f', 'x', { target: 'x' })];
  for (const change of bad) {
    expect(await begin(0, [change])).toMatchObject({ status: 422, body: { error: { code: 'invalid_request' } } });
  }
  expect(await begin(0, [good])).toMatchObject({ status: 201, body: { upload: [] } });
});

test('a push with two sizes for one hash is refused', async () => {
  const response = await begin(0, [put('a', 'x'), put('b', 'x', { size: 2 })]);
  expect(response).toMatchObject({ status: 422, body: { error: { code: 'invalid_request' } } });
});

test('no path can be both a file and a folder', async () => {
  await pushDirectly(server, tree, 0, { 'folder/file': '1', plain: '2' });
  const conflict = (paths: string[]) => ({
    status: 422,
    body: { error: { code: 'file_dir_conflict', details: { paths } } },
  });
  expect(await begin(1, [put('a', '1'), put('a/b', '2')])).toMatchObject(conflict(['a', 'a/b']));
  expect(await begin(1, [put('plain/below/deep', '1')])).toMatchObject(conflict(['plain', 'plain/below/deep']));
  expect(await begin(1, [put('folder', '1')])).toMatchObject(conflict(['folder', 'folder/file']));
  expect(await begin(1, [symlink('folder', 'plain')])).toMatchObject(conflict(['folder', 'folder/file']));
  const swapped = await begin(1, [
    { op: 'delete', path: 'folder/file' },
    put('folder', '1'),
    { op: 'delete', path: 'plain' },
    put('plain/below', '2'),
    put('folder.txt', '3'),
  ]);
  expect(swapped.status).toBe(201);
});

test('only content that is new to the tree is requested, and each content once', async () => {
  await pushDirectly(server, tree, 0, { a: 'old', b: 'kept' });
  await pushDirectly(server, tree, 1, { a: 'new' });
  const response = await begin(2, [
    put('a', 'old'),
    put('renamed', 'kept'),
    put('touched', 'new'),
    put('first', 'unknown'),
    put('second', 'unknown'),
    put('b', 'kept'),
    symlink('l', 'unknown'),
  ]);
  expect(response.body.upload).toEqual(['first']);
});

test("another tree's content is neither revealed nor shared", async () => {
  await server.api.makeTree('other');
  await pushDirectly(server, 'other', 0, { secret: 'the secret of another tree' });
  expect((await begin(0, [put('claimed', 'the secret of another tree')])).body.upload).toEqual(['claimed']);
});

test("a symlink's target does not count as the tree's content", async () => {
  const { body } = await begin(0, [symlink('l', 'passwd')]);
  await server.api.commit(tree, body.id);
  expect((await begin(1, [put('f', 'passwd')])).body.upload).toEqual(['f']);
});

test('the content of a lost or truncated object is requested again', async () => {
  await pushDirectly(server, tree, 0, { lost: 'content to be lost', cut: 'content to be cut' });
  rmSync(server.services.objects.fileOf(sha256('content to be lost')));
  const cut = server.services.objects.fileOf(sha256('content to be cut'));
  chmodSync(cut, 0o600);
  writeFileSync(cut, 'cont');
  const response = await begin(1, [put('x', 'content to be lost'), put('y', 'content to be cut')]);
  expect(response.body.upload).toEqual(['x', 'y']);
});

test('a forced push finds damage by reading objects, and repairs it without a new revision', async () => {
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

test("the head's object is in the inbox as rsync's delta basis", async () => {
  await pushDirectly(server, tree, 0, { 'folder/a': 'old content' });
  const { body } = await begin(1, puts({ 'folder/a': 'new content', 'another/b': 'b' }));
  const inbox = server.services.sessions.filesFolderOf(body.id);
  const object = server.services.objects.fileOf(sha256('old content'));
  expect(statSync(join(inbox, 'folder/a')).ino).toBe(statSync(object).ino);
  expect(statSync(join(inbox, 'another')).isDirectory()).toBe(true);
  expect(statSync(join(inbox, 'another/b'), { throwIfNoEntry: false })).toBeUndefined();
});

test("ids have 128 bits, and only the server's user can read the secrets", async () => {
  const { body } = await begin(0, [put('a', '1')]);
  expect(body.id).toMatch(/^[0-9a-f]{32}$/);
  expect(body.module).toBe(body.id);
  const folder = server.services.sessions.folderOf(body.id);
  expect(statSync(join(folder, 'rsync.secrets')).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});
