import { chmodSync, readdirSync, readlinkSync, rmSync, truncateSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ErrorBody } from '../contract/schemas';
import { byteStream } from '../objects/byteStream';
import { link, put, sha256 } from '../../test/changes';
import { pushDirectly } from '../../test/directPush';
import { startTestServer, type TestServer } from '../../test/testServer';

const big = Uint8Array.from({ length: 9 << 20 }, (_, at) => (at * 7 + (at >> 8)) % 251);
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await server.api.makeTree('tree');
  const first = { 'folder/a': 'first content', b: '0123456789', empty: '', big };
  await pushDirectly(server, 'tree', 0, first);
  const changes = [put('folder/a', 'second'), { op: 'delete', path: 'b' } as const, link('l', 'folder/ä')];
  await pushDirectly(server, 'tree', 1, { 'folder/a': 'second' }, { changes });
  await pushDirectly(server, 'tree', 2, {}, { changes: [put('folder/a', 'first content')] });
});
afterAll(() => server.stop());

async function ask(path: string, revision: number, init: RequestInit = {}): Promise<Response> {
  const query = `path=${encodeURIComponent(path)}&revision=${revision}`;
  const headers = { authorization: `Bearer ${server.token}`, ...(init.headers as Record<string, string> | undefined) };
  return fetch(`${await server.url()}/v1/trees/tree/content?${query}`, { ...init, headers });
}

const textOf = async (path: string, revision: number) => (await ask(path, revision)).text();
const errorOf = async (answer: Response) => ({
  status: answer.status,
  code: ((await answer.json()) as ErrorBody).error.code,
});

test('the content that stood at a revision comes with what a client needs to trust and keep it', async () => {
  const answer = await ask('folder/a', 1);
  expect(answer.status).toBe(200);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-length': '13',
    etag: `"${sha256('first content')}"`,
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
    'x-content-type-options': 'nosniff',
    'content-disposition': 'attachment',
    'x-palmtree-kind': 'file',
  });
  expect(await answer.text()).toBe('first content');
});

test('a version stands until the next, and a revert brings the old content back', async () => {
  expect(await textOf('folder/a', 2)).toBe('second');
  expect(await textOf('folder/a', 3)).toBe('first content');
  expect(await textOf('b', 1)).toBe('0123456789');
  expect(await textOf('empty', 3)).toBe('');
});

test('a symlink answers its target', async () => {
  const answer = await ask('l', 3);
  expect(answer.headers.get('x-palmtree-kind')).toBe('symlink');
  expect(answer.headers.get('etag')).toBe(`"${sha256('folder/ä')}"`);
  expect(answer.headers.get('content-length')).toBe('9');
  expect(await answer.text()).toBe('folder/ä');
  expect(await (await ask('l', 3, { headers: { range: 'bytes=0-5' } })).text()).toBe('folder');
});

test('a big file comes whole, and in parts', async () => {
  const whole = await (await ask('big', 1)).bytes();
  expect(sha256(whole)).toBe(sha256(big));
  const part = await ask('big', 1, { headers: { range: 'bytes=1000000-3000000' } });
  expect(sha256(await part.bytes())).toBe(sha256(big.subarray(1_000_000, 3_000_001)));
});

test('HEAD tells the same without the content, and opens nothing', async () => {
  const answer = await ask('big', 1, { method: 'HEAD', headers: { range: 'bytes=0-1' } });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-length')).toBe(String(big.length));
  expect(answer.headers.get('etag')).toBe(`"${sha256(big)}"`);
  expect(await answer.text()).toBe('');
  expect(openObjects()).toEqual([]);
});

test('who has the content gets it not again', async () => {
  const tag = `"${sha256('first content')}"`;
  for (const given of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
    const answer = await ask('folder/a', 3, { headers: { 'if-none-match': given, range: 'bytes=0-1' } });
    expect(answer.status).toBe(304);
    expect(answer.headers.get('etag')).toBe(tag);
    expect(await answer.text()).toBe('');
  }
  expect((await ask('folder/a', 2, { headers: { 'if-none-match': tag } })).status).toBe(200);
});

test.each([
  ['bytes=2-4', '234', 'bytes 2-4/10'],
  ['bytes=7-', '789', 'bytes 7-9/10'],
  ['bytes=-1', '9', 'bytes 9-9/10'],
  ['bytes=0-99', '0123456789', 'bytes 0-9/10'],
])('the range %s is %s', async (range, text, told) => {
  const answer = await ask('b', 1, { headers: { range } });
  expect(answer.status).toBe(206);
  expect(answer.headers.get('content-range')).toBe(told);
  expect(answer.headers.get('content-length')).toBe(String(text.length));
  expect(await answer.text()).toBe(text);
});

test('a range that is not there is refused with the size; one that is not understood is ignored', async () => {
  for (const [path, size] of [
    ['b', 10],
    ['empty', 0],
  ] as const) {
    const answer = await ask(path, 1, { headers: { range: 'bytes=10-' } });
    expect(answer.headers.get('content-range')).toBe(`bytes */${size}`);
    expect(await errorOf(answer)).toEqual({ status: 416, code: 'invalid_request' });
  }
  expect((await ask('b', 1, { headers: { range: 'bytes=0-1,3-4' } })).status).toBe(200);
});

test('a part of another content than the client has the rest of is not sent', async () => {
  const part = (tag: string) => ask('b', 1, { headers: { range: 'bytes=0-1', 'if-range': tag } });
  expect((await part(`"${sha256('0123456789')}"`)).status).toBe(206);
  expect((await part(`"${sha256('other')}"`)).status).toBe(200);
});

test('what is not there is told apart from what was lost', async () => {
  for (const [path, revision] of [
    ['b', 2],
    ['never', 1],
    ['folder', 1],
    ['l', 1],
  ] as const) {
    expect(await errorOf(await ask(path, revision))).toEqual({ status: 404, code: 'not_found' });
  }
  expect(await errorOf(await ask('b', 4))).toEqual({ status: 404, code: 'revision_not_found' });
  expect(await errorOf(await ask('b', 0))).toEqual({ status: 422, code: 'invalid_request' });
  expect(await errorOf(await ask('/b', 1))).toEqual({ status: 422, code: 'invalid_path' });

  const object = server.services.objects.fileOf(sha256('second'));
  chmodSync(object, 0o600);
  truncateSync(object, 3);
  expect(await errorOf(await ask('folder/a', 2))).toEqual({ status: 422, code: 'content_unavailable' });
  rmSync(object);
  const lost = await ask('folder/a', 2);
  expect(lost.headers.get('etag')).toBeNull();
  expect(await errorOf(lost)).toEqual({ status: 422, code: 'content_unavailable' });
});

test('a reader that goes away leaves no file open', async () => {
  const abort = new AbortController();
  const answer = await ask('big', 1, { signal: abort.signal });
  const reader = answer.body?.getReader();
  await reader?.read();
  expect(openObjects()).toHaveLength(process.platform === 'linux' ? 1 : 0);
  abort.abort();
  await vi.waitFor(() => expect(openObjects()).toEqual([]));
});

function openObjects(): string[] {
  if (process.platform !== 'linux') return [];
  const targets = readdirSync('/proc/self/fd').map((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      return '';
    }
  });
  return targets.filter((target) => target.includes(`${server.dataFolder}/objects/`));
}

test('nothing is read ahead of a slow reader', async () => {
  const handle = await open(server.services.objects.fileOf(sha256(big)));
  const read = vi.spyOn(handle, 'read');
  const reader = byteStream(handle, { start: 0, end: big.length }).getReader();
  expect(read).toHaveBeenCalledTimes(0);
  await reader.read();
  // Reading ahead would be asked for at once.
  await new Promise((resolve) => setImmediate(resolve));
  expect(read).toHaveBeenCalledTimes(1);
  await reader.cancel();
  expect(handle.fd).toBe(-1);
});

test('a file that ends early is an error, not an end', async () => {
  const handle = await open(server.services.objects.fileOf(sha256('0123456789')));
  const reader = byteStream(handle, { start: 0, end: 11 }).getReader();
  await reader.read();
  await expect(reader.read()).rejects.toThrow('shorter');
  expect(handle.fd).toBe(-1);
});
