import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test, vi } from 'vitest';
import { puts, sha256, type Files } from '../../test/changes';
import { pushDirectly } from '../../test/directPush';
import { eventually } from '../../test/eventually';
import { failReads } from '../../test/failReads';
import { openFiles } from '../../test/openFiles';
import { temporaryFolder } from '../../test/temporaryFolder';
import { startTestServer, type TestServer } from '../../test/testServer';
import {
  blockBytesFor,
  copyBytes,
  copyInstruction,
  dataHeadBytes,
  dataInstruction,
  weakChecksum,
} from '../contract/differences';
import type { ErrorBody } from '../contract/schemas';

let server: TestServer;
let url: string;
let trees = 0;

beforeAll(async () => {
  // Some tests put into an inbox what was not declared: a check would end the requests of that push.
  server = await startTestServer({ inboxLimits: { checkMs: 60_000 } });
  url = await server.url();
});
afterAll(() => server.stop());

interface Session {
  readonly tree: string;
  readonly id: string;
  readonly inbox: string;
}

async function beginPush(files: Files, on = server): Promise<Session> {
  const tree = `tree${trees++}`;
  await on.api.makeTree(tree);
  const { body, status } = await on.api.beginPush(tree, { base: 0, changes: puts(files) });
  expect(status).toBe(201);
  return { tree, id: body.id, inbox: on.services.sessions.filesFolderOf(body.id) };
}

async function beginPull(files: Files): Promise<Session> {
  const tree = `tree${trees++}`;
  await server.api.makeTree(tree);
  await pushDirectly(server, tree, 0, files);
  const { body } = await server.api.beginPull(tree, { revision: 1, paths: Object.keys(files) });
  return { tree, id: body.id, inbox: server.services.sessions.filesFolderOf(body.id) };
}

interface Sent {
  readonly status: number;
  readonly code: string | undefined;
  readonly paths: readonly string[] | undefined;
  readonly text: string;
  readonly headers: Headers;
}

async function send(session: Session, path: string, init: RequestInit, token = server.token): Promise<Sent> {
  const query = `path=${encodeURIComponent(path)}`;
  const headers = { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) };
  const address = `${url}/v1/trees/${session.tree}/sessions/${session.id}/files?${query}`;
  const response = await fetch(address, { ...init, headers });
  const text = await response.text();
  const error = response.ok || text === '' ? undefined : (JSON.parse(text) as ErrorBody).error;
  return { status: response.status, code: error?.code, paths: error?.details?.paths, text, headers: response.headers };
}

const put = (session: Session, path: string, body: RequestInit['body'], headers: Record<string, string> = {}) =>
  send(session, path, { method: 'PUT', body: body ?? null, headers });
const get = (session: Session, path: string, headers: Record<string, string> = {}) => send(session, path, { headers });

/** The signature of a file, or the code of an error. */
async function signature({ tree, id }: Session, path: string): Promise<Buffer | string> {
  const address = `${url}/v1/trees/${tree}/sessions/${id}/signature?path=${encodeURIComponent(path)}`;
  const response = await fetch(address, { headers: { authorization: `Bearer ${server.token}` } });
  if (response.ok) return Buffer.from(await response.arrayBuffer());
  return ((await response.json()) as ErrorBody).error.code;
}

type DeltaPart = [firstBlock: number, blocks: number] | string;

function deltaOf(parts: readonly DeltaPart[]): Buffer {
  const instructions = parts.map((part) => {
    const bytes = typeof part === 'string' ? Buffer.from(part) : Buffer.alloc(0);
    const head = Buffer.alloc(typeof part === 'string' ? dataHeadBytes : copyBytes);
    head.writeUInt8(typeof part === 'string' ? dataInstruction : copyInstruction, 0);
    head.writeUInt32BE(typeof part === 'string' ? bytes.length : part[0], 1);
    if (typeof part !== 'string') head.writeUInt32BE(part[1], 5);
    return Buffer.concat([head, bytes]);
  });
  return Buffer.concat(instructions);
}

/** An upload of differences. */
async function putDelta({ tree, id }: Session, path: string, parts: readonly DeltaPart[], end = '') {
  const response = await fetch(`${url}/v1/trees/${tree}/sessions/${id}/delta?path=${encodeURIComponent(path)}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${server.token}` },
    body: Buffer.concat([deltaOf(parts), Buffer.from(end)]),
  });
  return response.ok ? response.status : ((await response.json()) as ErrorBody).error.code;
}

/** The names in the inbox, at any depth. */
const names = ({ inbox }: Session) => readdirSync(inbox, { recursive: true }).map(String).sort();

/** Starts an upload that sends `text`, and then nothing more. */
async function startUpload(
  { tree, id }: Session,
  path: string,
  text: string,
  size: number,
  on = server,
): Promise<Socket> {
  const { hostname, port } = new URL(await on.url());
  const socket = connect(Number(port), hostname);
  const lines = [
    `PUT /v1/trees/${tree}/sessions/${id}/files?path=${encodeURIComponent(path)} HTTP/1.1`,
    'Host: palmtree',
    `Authorization: Bearer ${on.token}`,
    `Content-Length: ${size}`,
    '',
    text,
  ];
  socket.on('error', () => undefined).resume();
  socket.write(lines.join('\r\n'));
  return socket;
}

describe('an upload', () => {
  it('brings a file, which the commit verifies', async () => {
    const files = { 'folder/a b#?%.txt': 'content', 'ü\n': 'other', empty: '' };
    const session = await beginPush(files);
    for (const [path, content] of Object.entries(files)) {
      expect(await put(session, path, content)).toMatchObject({ status: 204 });
    }
    expect(names(session)).toEqual(['empty', 'folder', 'folder/a b#?%.txt', 'ü\n']);
    expect(await server.api.commit(session.tree, session.id)).toMatchObject({ status: 200, body: { revision: 1 } });
  });

  it('with another content makes the commit name its path', async () => {
    const session = await beginPush({ a: 'right', b: 'right too' });
    await put(session, 'a', 'wrong');
    await put(session, 'b', 'right too');
    const { status, body } = await server.api.commit(session.tree, session.id);
    expect({ status, body }).toMatchObject({
      status: 422,
      body: { error: { code: 'content_mismatch', details: { paths: ['a'] } } },
    });
  });

  it('may be compressed', async () => {
    const content = 'again and again '.repeat(50_000);
    const session = await beginPush({ a: content });
    const body = zstdCompressSync(Buffer.from(content));
    expect(await put(session, 'a', body, { 'x-palmtree-encoding': 'zstd' })).toMatchObject({ status: 204 });
    expect(await server.api.commit(session.tree, session.id)).toMatchObject({ status: 200 });
    expect(await put(session, 'a', body, { 'x-palmtree-encoding': 'gzip' })).toMatchObject({ code: 'invalid_request' });
  });

  it.each([
    ['garbage', Buffer.from('garbage')],
    ['half a frame', zstdCompressSync(randomBytes(1_000)).subarray(0, 500)],
  ])('of %s is refused, and what has arrived stays', async (_, body) => {
    const session = await beginPush({ a: 'x'.repeat(2_000) });
    writeFileSync(join(session.inbox, 'a'), 'x', { mode: 0o600 });
    const headers = { 'upload-offset': '1', 'x-palmtree-encoding': 'zstd' };
    expect(await put(session, 'a', body, headers)).toMatchObject({ status: 422, code: 'invalid_request' });
    expect(names(session)).toEqual(['a']);
    expect(readFileSync(join(session.inbox, 'a'), 'utf8')).toMatch(/^x/);
    expect(await put(session, 'a', 'x'.repeat(2_000))).toMatchObject({ status: 204 });
  });

  it.each([
    ['../outside', 'invalid_path'],
    ['folder/../../outside', 'invalid_path'],
    ['/etc/passwd', 'invalid_path'],
    ['a\0', 'invalid_path'],
    ['./a', 'invalid_path'],
    ['', 'invalid_path'],
    ['undeclared', 'content_mismatch'],
    ['a/below', 'content_mismatch'],
    ['folder', 'content_mismatch'],
    ['.a.abcdef', 'content_mismatch'],
  ])('to %j is refused, and leaves nothing', async (path, code) => {
    const session = await beginPush({ a: 'content', 'folder/b': 'another' });
    expect(await put(session, path, 'content')).toMatchObject({ status: 422, code });
    expect(names(session)).toEqual(['folder']);
    expect(readdirSync(join(session.inbox, '..')).sort()).not.toContain('outside');
  });

  it('follows no symlink in the inbox', async () => {
    const session = await beginPush({ 'folder/a': 'another', link: 'content' });
    const outside = temporaryFolder();
    writeFileSync(join(outside, 'target'), 'untouched');
    rmSync(join(session.inbox, 'folder'), { recursive: true });
    symlinkSync(outside, join(session.inbox, 'folder'));
    symlinkSync(join(outside, 'target'), join(session.inbox, 'link'));
    expect(await put(session, 'folder/a', 'another')).toMatchObject({ code: 'content_mismatch' });
    expect(await put(session, 'link', 'tent', { 'upload-offset': '3' })).toMatchObject({ code: 'offset_mismatch' });
    expect(await put(session, 'link', 'content')).toMatchObject({ status: 204 });
    expect(lstatSync(join(session.inbox, 'link')).isFile()).toBe(true);
    expect(readdirSync(outside)).toEqual(['target']);
    expect(readFileSync(join(outside, 'target'), 'utf8')).toBe('untouched');
  });

  it.each([
    ['plain', (bytes: Buffer) => [bytes, {}] as const],
    ['compressed', (bytes: Buffer) => [zstdCompressSync(bytes), { 'x-palmtree-encoding': 'zstd' }] as const],
  ])('of more bytes than declared is refused: %s', async (_, encode) => {
    const session = await beginPush({ a: 'short' });
    const [body, headers] = encode(Buffer.alloc(20_000_000));
    expect(await put(session, 'a', body, headers)).toMatchObject({ code: 'content_mismatch', paths: ['a'] });
    expect(lstatSync(join(session.inbox, 'a'), { throwIfNoEntry: false })?.size ?? 0).toBeLessThanOrEqual(5);
  });

  it('that is cut goes on at its offset, and not beyond', async () => {
    const content = 'x'.repeat(100_000);
    const session = await beginPush({ a: content });
    const cut = await startUpload(session, 'a', content.slice(0, 40_000), content.length);
    await eventually(() => expect(names(session)).toHaveLength(1));
    await eventually(() => expect(lstatSync(join(session.inbox, names(session)[0] ?? '')).size).toBe(40_000));
    cut.destroy();
    await eventually(() => expect(names(session)).toEqual(['a']));
    const rest = (offset: number) => put(session, 'a', content.slice(offset), { 'upload-offset': String(offset) });
    expect(await rest(40_001)).toMatchObject({ status: 409, code: 'offset_mismatch' });
    expect(await rest(100_001)).toMatchObject({ status: 409, code: 'offset_mismatch' });
    expect(await rest(30_000)).toMatchObject({ status: 204 });
    expect(await server.api.commit(session.tree, session.id)).toMatchObject({ status: 200 });
  });

  it('never changes a stored object', async () => {
    const session = await beginPull({ a: 'an old content' });
    const object = server.services.objects.fileOf(sha256('an old content'));
    const push = await server.api.beginPush(session.tree, {
      base: 1,
      changes: puts({ a: 'an old content, and more' }),
    });
    const next = { ...session, id: push.body.id, inbox: server.services.sessions.filesFolderOf(push.body.id) };
    expect(await put(next, 'a', ', and more', { 'upload-offset': '14' })).toMatchObject({ status: 204 });
    expect(readFileSync(object, 'utf8')).toBe('an old content');
    expect(await server.api.commit(session.tree, next.id)).toMatchObject({ status: 200 });
  });

  it('ends an earlier one of the same file, whose client may have lost its connection', async () => {
    const session = await beginPush({ a: 'content' });
    await startUpload(session, 'a', 'con', 7);
    await eventually(() => expect(names(session)).toHaveLength(1));
    expect(await put(session, 'a', 'content')).toMatchObject({ status: 204 });
    expect(names(session)).toEqual(['a']);
    expect(await server.api.commit(session.tree, session.id)).toMatchObject({ status: 200 });
  });

  it('that brings nothing for too long is ended, and another goes on', async () => {
    const own = await startTestServer({ paceLimits: { windowMs: 100 } });
    const session = await beginPush({ a: 'content' }, own);
    const upload = await startUpload(session, 'a', 'con', 7, own);
    await once(upload, 'close');
    await eventually(() => expect(names(session)).toEqual(['a']));
    expect(readFileSync(join(session.inbox, 'a'), 'utf8')).toBe('con');
    await own.stop();
  });

  it('needs the token of the session, and a push', async () => {
    const session = await beginPush({ a: 'content' });
    const other = await server.services.tokens.create(`other${trees}`, null);
    const request = { method: 'PUT', body: 'content' };
    expect(await send(session, 'a', request, other)).toMatchObject({ status: 404, code: 'session_not_found' });
    const pull = await beginPull({ a: 'content' });
    expect(await put(pull, 'a', 'changed')).toMatchObject({ status: 404, code: 'session_not_found' });
    await server.api.end(session.tree, 'pushes', session.id);
    expect(await put(session, 'a', 'content')).toMatchObject({ status: 404, code: 'session_not_found' });
  });

  it('ends when its token is revoked', async () => {
    const own = await startTestServer({ tokenCheckMs: 50 });
    const session = await beginPush({ a: 'content' }, own);
    const upload = await startUpload(session, 'a', 'con', 7, own);
    await eventually(() => expect(names(session)).toHaveLength(1));
    const closed = once(upload, 'close');
    await own.services.tokens.revoke('alice');
    await closed;
    await eventually(() => expect(readdirSync(join(session.inbox, '../..'))).toEqual([]));
    await own.stop();
  });
});

describe('differences', () => {
  const old = Buffer.concat(['a', 'b', 'c'].map((letter) => Buffer.alloc(1_024, letter)));

  /** A push that changes a file which the server has. */
  async function edited(content: Buffer): Promise<Session> {
    const { tree } = await beginPull({ a: old });
    const { body } = await server.api.beginPush(tree, { base: 1, changes: puts({ a: content }) });
    return { tree, id: body.id, inbox: server.services.sessions.filesFolderOf(body.id) };
  }

  it('are made with the signature of the old version, and leave it as it is', async () => {
    const content = Buffer.concat([old.subarray(1_024), Buffer.from('new'), old.subarray(0, 1_024)]);
    const session = await edited(content);
    const blocks = (await signature(session, 'a')) as Buffer;
    expect([blocks.length, blocks.readUInt32BE(0), blocks.readBigUInt64BE(4)]).toEqual([12 + 3 * 16, 1_024, 3_072n]);
    expect(blocks.readUInt32BE(12)).toBe(weakChecksum(old, 0, 1_024));
    expect(blocks.subarray(16, 28).toString('hex')).toBe(sha256(old.subarray(0, 1_024)).slice(0, 24));
    expect(await putDelta(session, 'a', [[1, 2], 'new', [0, 1]])).toBe(204);
    expect(await server.api.commit(session.tree, session.id)).toMatchObject({ status: 200, body: { revision: 2 } });
    expect(readFileSync(server.services.objects.fileOf(sha256(old)))).toEqual(old);
  });

  it.each<[string, [number, number][], string, string]>([
    ['a block beyond the end', [[3, 1]], '', 'invalid_request'],
    ['no blocks', [[0, 0]], '', 'invalid_request'],
    ['an unknown instruction', [], 'x', 'invalid_request'],
    ['half an instruction', [], '\u0001\u0000', 'invalid_request'],
    ['more bytes than declared', Array.from({ length: 9 }, () => [0, 3]), '', 'content_mismatch'],
  ])('with %s are refused', async (_, parts, end, code) => {
    const session = await edited(Buffer.alloc(20_000));
    expect(await putDelta(session, 'a', parts, end)).toBe(code);
    expect(await signature(session, 'a')).toHaveLength(12 + (code === 'invalid_request' ? 3 : 18) * 16);
  });

  it('need an old version', async () => {
    const session = await beginPush({ a: 'content' });
    expect(await signature(session, 'a')).toBe('not_found');
    expect(await putDelta(session, 'a', [[0, 1]])).toBe('offset_mismatch');
    expect(await putDelta(session, 'b', [[0, 1]])).toBe('content_mismatch');
  });
});

test.each([
  ['copies much', 2, undefined],
  ['copies too much', 3, 'content_mismatch'],
])('an upload of differences that %s sends heartbeats meanwhile', async (_, copies, code) => {
  const own = await startTestServer({ uploadHeartbeatMs: 1 });
  onTestFinished(() => own.stop());
  await own.api.makeTree('notes');
  const old = Buffer.alloc(16 << 20, 'x');
  await pushDirectly(own, 'notes', 0, { a: old });
  const changes = puts({ a: Buffer.concat([old, old]) });
  const { body } = await own.api.beginPush('notes', { base: 1, changes });
  const whole: DeltaPart = [0, old.length / blockBytesFor(old.length)];
  const response = await fetch(`${await own.url()}/v1/trees/notes/sessions/${body.id}/delta?path=a`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${own.token}`, 'x-palmtree-heartbeats': '1' },
    body: deltaOf(Array.from({ length: copies }, () => whole)),
  });
  expect(response.status).toBe(200);
  const text = await response.text();
  expect(text).toMatch(/^ +/);
  expect(text.trim() === '' ? undefined : (JSON.parse(text) as ErrorBody).error.code).toBe(code);
});

describe('a download', () => {
  it('has the content of the revision, or a range of it', async () => {
    const session = await beginPull({ 'folder/ä?': 'content', empty: '' });
    expect(await get(session, 'folder/ä?')).toMatchObject({ status: 200, text: 'content' });
    expect(await get(session, 'folder/ä?', { range: 'bytes=3-' })).toMatchObject({ status: 206, text: 'tent' });
    expect(await get(session, 'folder/ä?', { range: 'bytes=7-' })).toMatchObject({ status: 416 });
    expect(await get(session, 'empty')).toMatchObject({ status: 200, text: '' });
  });

  it('is compressed where that pays off and the client reads it', async () => {
    const text = 'again and again '.repeat(10_000);
    const random = randomBytes(100_000);
    const session = await beginPull({ text, random });
    const headers = { 'x-palmtree-encoding': 'zstd' };
    expect((await get(session, 'text', headers)).headers.get('x-palmtree-encoding')).toBe('zstd');
    expect((await get(session, 'text')).headers.get('x-palmtree-encoding')).toBe(null);
    expect((await get(session, 'random', headers)).headers.get('x-palmtree-encoding')).toBe(null);
  });

  it('that the disk cannot read fails, and leaves no file open', async () => {
    const session = await beginPull({ a: 'again '.repeat(10_000) });
    const file = join(session.inbox, 'a');
    await failReads(file);
    onTestFinished(() => void vi.restoreAllMocks());
    expect(await get(session, 'a', { 'x-palmtree-encoding': 'zstd' })).toMatchObject({ status: 500 });
    expect(openFiles(session.inbox)).toEqual([]);
  });

  it.each(['missing', 'folder', '../session.json', 'folder/../../rsync.secrets'])('of %j is refused', async (path) => {
    const session = await beginPull({ 'folder/a': 'content' });
    expect((await get(session, path)).code).toMatch(/^(not_found|invalid_path)$/);
  });

  it('follows no symlink', async () => {
    const session = await beginPull({ 'folder/a': 'content' });
    mkdirSync(join(session.inbox, 'b'));
    symlinkSync(join(session.inbox, '../rsync.secrets'), join(session.inbox, 'b/secrets'));
    symlinkSync('..', join(session.inbox, 'up'));
    expect(await get(session, 'b/secrets')).toMatchObject({ code: 'not_found' });
    expect(await get(session, 'up/rsync.secrets')).toMatchObject({ code: 'not_found' });
  });

  it('keeps the session busy until it ends', async () => {
    const session = await beginPull({ a: 'x'.repeat(5_000_000) });
    const address = `${url}/v1/trees/${session.tree}/sessions/${session.id}/files?path=a`;
    const response = await fetch(address, { headers: { authorization: `Bearer ${server.token}` } });
    expect(server.services.activity.isBusy(session.id)).toBe(true);
    await server.api.end(session.tree, 'pulls', session.id);
    await expect(response.text()).rejects.toThrow('terminated');
    expect(server.services.activity.isBusy(session.id)).toBe(false);
  });
});
