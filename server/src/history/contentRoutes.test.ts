import { chmodSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ErrorBody } from '../contract/schemas';
import { byteStream } from '../objects/byteStream';
import { fileContent } from '../objects/openContent';
import { symlink, put, sha256 } from '../../test/changes';
import { pushDirectly } from '../../test/directPush';
import { eventually } from '../../test/eventually';
import { openFiles } from '../../test/openFiles';
import { startTestServer, type TestServer } from '../../test/testServer';

const big = Uint8Array.from({ length: 9 << 20 }, (_, at) => (at * 7 + (at >> 8)) % 251);
let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
  await server.api.makeTree('tree');
  const first = { 'folder/a': 'first content', b: '0123456789', empty: '', big, lost: 'content to be lost' };
  await pushDirectly(server, 'tree', 0, first);
  const changes = [put('folder/a', 'second'), { op: 'delete', path: 'b' } as const, symlink('l', 'folder/ä')];
  await pushDirectly(server, 'tree', 1, { 'folder/a': 'second' }, { changes });
  await pushDirectly(server, 'tree', 2, {}, { changes: [put('folder/a', 'first content')] });
});
afterAll(() => server.stop());

async function requestContent(path: string, revision: number, init: RequestInit = {}): Promise<Response> {
  const query = `path=${encodeURIComponent(path)}&revision=${revision}`;
  const headers = { authorization: `Bearer ${server.token}`, ...(init.headers as Record<string, string> | undefined) };
  return fetch(`${await server.url()}/v1/trees/tree/content?${query}`, { ...init, headers });
}

const textOf = async (path: string, revision: number) => (await requestContent(path, revision)).text();
/** Reads the body, so that the server closes the file. */
const statusOf = async (response: Response): Promise<number> => {
  await response.bytes();
  return response.status;
};
const errorOf = async (response: Response) => ({
  status: response.status,
  code: ((await response.json()) as ErrorBody).error.code,
});

test('the response has the content at a revision, with headers to verify and cache it', async () => {
  const response = await requestContent('folder/a', 1);
  expect(response.status).toBe(200);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-length': '13',
    etag: `"${sha256('first content')}"`,
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
    'x-content-type-options': 'nosniff',
    'content-disposition': 'attachment',
    'x-palmtree-kind': 'file',
  });
  expect(await response.text()).toBe('first content');
});

test('a version is current until the next one, and a revert restores the old content', async () => {
  expect(await textOf('folder/a', 2)).toBe('second');
  expect(await textOf('folder/a', 3)).toBe('first content');
  expect(await textOf('b', 1)).toBe('0123456789');
  expect(await textOf('empty', 3)).toBe('');
});

test('the content of a symlink is its target', async () => {
  const response = await requestContent('l', 3);
  expect(response.headers.get('x-palmtree-kind')).toBe('symlink');
  expect(response.headers.get('etag')).toBe(`"${sha256('folder/ä')}"`);
  expect(response.headers.get('content-length')).toBe('9');
  expect(await response.text()).toBe('folder/ä');
  expect(await (await requestContent('l', 3, { headers: { range: 'bytes=0-5' } })).text()).toBe('folder');
});

test('a big file can be read whole and in ranges', async () => {
  const whole = await (await requestContent('big', 1)).bytes();
  expect(sha256(whole)).toBe(sha256(big));
  const part = await requestContent('big', 1, { headers: { range: 'bytes=1000000-3000000' } });
  expect(sha256(await part.bytes())).toBe(sha256(big.subarray(1_000_000, 3_000_001)));
});

test('HEAD returns the same headers without the content, and opens no file', async () => {
  await eventually(() => expect(openObjects()).toEqual([]));
  const response = await requestContent('big', 1, { method: 'HEAD', headers: { range: 'bytes=0-1' } });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-length')).toBe(String(big.length));
  expect(response.headers.get('etag')).toBe(`"${sha256(big)}"`);
  expect(await response.text()).toBe('');
  expect(openObjects()).toEqual([]);
});

test('a client that has the content gets status 304', async () => {
  const tag = `"${sha256('first content')}"`;
  for (const header of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
    const response = await requestContent('folder/a', 3, { headers: { 'if-none-match': header, range: 'bytes=0-1' } });
    expect(response.status).toBe(304);
    expect(response.headers.get('etag')).toBe(tag);
    expect(await response.text()).toBe('');
  }
  expect(await statusOf(await requestContent('folder/a', 2, { headers: { 'if-none-match': tag } }))).toBe(200);
});

test.each([
  ['bytes=2-4', '234', 'bytes 2-4/10'],
  ['bytes=7-', '789', 'bytes 7-9/10'],
  ['bytes=-1', '9', 'bytes 9-9/10'],
  ['bytes=0-99', '0123456789', 'bytes 0-9/10'],
])('the range %s returns %s', async (range, text, contentRange) => {
  const response = await requestContent('b', 1, { headers: { range } });
  expect(response.status).toBe(206);
  expect(response.headers.get('content-range')).toBe(contentRange);
  expect(response.headers.get('content-length')).toBe(String(text.length));
  expect(await response.text()).toBe(text);
});

test('a range outside the content is refused with its size, and an unsupported one is ignored', async () => {
  for (const [path, size] of [
    ['b', 10],
    ['empty', 0],
  ] as const) {
    const response = await requestContent(path, 1, { headers: { range: 'bytes=10-' } });
    expect(response.headers.get('content-range')).toBe(`bytes */${size}`);
    expect(await errorOf(response)).toEqual({ status: 416, code: 'invalid_request' });
  }
  expect(await statusOf(await requestContent('b', 1, { headers: { range: 'bytes=0-1,3-4' } }))).toBe(200);
});

test('If-Range sends the whole content when it has changed', async () => {
  const requestPart = (tag: string) => requestContent('b', 1, { headers: { range: 'bytes=0-1', 'if-range': tag } });
  expect(await statusOf(await requestPart(`"${sha256('0123456789')}"`))).toBe(206);
  expect(await statusOf(await requestPart(`"${sha256('other')}"`))).toBe(200);
});

test('missing and lost content have different errors', async () => {
  for (const [path, revision] of [
    ['b', 2],
    ['never', 1],
    ['folder', 1],
    ['l', 1],
  ] as const) {
    expect(await errorOf(await requestContent(path, revision))).toEqual({ status: 404, code: 'not_found' });
  }
  expect(await errorOf(await requestContent('b', 4))).toEqual({ status: 404, code: 'revision_not_found' });
  expect(await errorOf(await requestContent('b', 0))).toEqual({ status: 422, code: 'invalid_request' });
  expect(await errorOf(await requestContent('/b', 1))).toEqual({ status: 422, code: 'invalid_path' });

  const object = server.services.objects.fileOf(sha256('content to be lost'));
  chmodSync(object, 0o600);
  truncateSync(object, 3);
  expect(await errorOf(await requestContent('lost', 1))).toEqual({ status: 422, code: 'content_unavailable' });
  rmSync(object);
  const lost = await requestContent('lost', 1);
  expect(lost.headers.get('etag')).toBeNull();
  expect(await errorOf(lost)).toEqual({ status: 422, code: 'content_unavailable' });
});

test('a client that disconnects leaves no file open', async () => {
  const abort = new AbortController();
  const response = await requestContent('big', 1, { signal: abort.signal });
  const reader = response.body?.getReader();
  await reader?.read();
  expect(openObjects()).toHaveLength(process.platform === 'linux' ? 1 : 0);
  abort.abort();
  await eventually(() => expect(openObjects()).toEqual([]));
});

function openObjects(): string[] {
  return openFiles(join(server.dataFolder, 'objects'));
}

test('nothing is read ahead for a slow client', async () => {
  const handle = await open(server.services.objects.fileOf(sha256(big)));
  const read = vi.spyOn(handle, 'read');
  const reader = byteStream(fileContent(handle), { start: 0, end: big.length }).getReader();
  expect(read).toHaveBeenCalledTimes(0);
  await reader.read();
  // A stream that reads ahead would do so by now.
  await new Promise((resolve) => setImmediate(resolve));
  expect(read).toHaveBeenCalledTimes(1);
  await reader.cancel();
  expect(handle.fd).toBe(-1);
});

test('a truncated file is an error', async () => {
  const handle = await open(server.services.objects.fileOf(sha256('0123456789')));
  const reader = byteStream(fileContent(handle), { start: 0, end: 11 }).getReader();
  await reader.read();
  await expect(reader.read()).rejects.toThrow('damaged');
  expect(handle.fd).toBe(-1);
});

test('damaged content is refused, or its response is cut before the end', async () => {
  const damaged = await startTestServer();
  await damaged.api.makeTree('tree');
  const long = big.subarray(0, 600_000);
  await pushDirectly(damaged, 'tree', 0, { short: 'content', long });
  for (const content of ['content', long]) {
    const file = damaged.services.objects.fileOf(sha256(content));
    chmodSync(file, 0o644);
    const bytes = readFileSync(file);
    bytes[3] = (bytes[3] ?? 0) ^ 1;
    writeFileSync(file, bytes);
  }
  const headers = { authorization: `Bearer ${damaged.token}` };
  const get = async (path: string) =>
    fetch(`${await damaged.url()}/v1/trees/tree/content?path=${path}&revision=1`, { headers });
  expect(await errorOf(await get('short'))).toEqual({ status: 422, code: 'content_unavailable' });
  const response = await get('long');
  expect(response.status).toBe(200);
  await expect(response.bytes()).rejects.toThrow('terminated');
  expect(damaged.logged.join('')).toContain('the stored content is damaged');
  await damaged.stop();
});
