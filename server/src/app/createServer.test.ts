import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../test/testServer';

let server: TestServer;
let limited: string;

beforeAll(async () => {
  server = await startTestServer({ maxBodyBytes: 10_000 });
  limited = await server.services.tokens.create('limited', ['notes']);
  await server.api.makeTree('notes');
  await server.api.makeTree('secret');
});
afterAll(() => server.stop());

test('the health check needs no token', async () => {
  expect(await server.as().call('GET', '/healthz')).toMatchObject({ status: 200 });
});

test('every other route needs a token', async () => {
  for (const path of ['/v1/whoami', '/v1/trees', '/v1/trees/notes/files', '/v1/nothing']) {
    for (const secret of [undefined, 'ptk_wrong', server.token.slice(0, -1)]) {
      const response = await server.as(secret).call('GET', path);
      expect(response).toMatchObject({ status: 401, body: { error: { code: 'unauthorized' } } });
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
    }
  }
});

test('a revoked token is refused from the next request', async () => {
  const secret = await server.services.tokens.create('short-lived', null);
  expect((await server.as(secret).call('GET', '/v1/whoami')).status).toBe(200);
  await server.services.tokens.revoke('short-lived');
  expect((await server.as(secret).call('GET', '/v1/whoami')).status).toBe(401);
});

test("whoami returns the token's name and trees, and the server's version and protocols", async () => {
  expect((await server.as(limited).call('GET', '/v1/whoami')).body).toEqual({
    name: 'limited',
    trees: ['notes'],
    readOnly: false,
    server: { version: '1.2.3' },
    protocol: 1,
    oldestProtocol: 1,
  });
});

test.each([
  ['the current', '1', 200, undefined],
  ['a newer', '2', 200, undefined],
  ['an older', '0', 400, 'client_too_old'],
  ['an unreadable', '-1', 422, 'invalid_request'],
])('%s client protocol (%s) gets status %d', async (_, protocol, status, code) => {
  const headers = { authorization: `Bearer ${server.token}`, 'x-palmtree-protocol': protocol };
  for (const path of ['/v1/whoami', '/v1/trees', '/v1/trees/notes/files']) {
    const response = await server.app.request(path, { headers });
    expect(response.status).toBe(status);
    expect(response.headers.get('x-palmtree-error') ?? undefined).toBe(code);
  }
});

test("the client's protocol is checked before its token", async () => {
  const response = await server.app.request('/v1/trees', { headers: { 'x-palmtree-protocol': '0' } });
  expect(await response.json()).toEqual({
    error: {
      code: 'client_too_old',
      message: 'this server needs protocol 1 or newer, and the client speaks 0',
    },
  });
});

test('a limited token lists and uses only its trees', async () => {
  const api = server.as(limited);
  expect((await api.call('GET', '/v1/trees')).body).toEqual({ trees: [{ name: 'notes', revision: 0 }] });
  expect((await api.table('notes')).status).toBe(200);
  const refused = { status: 403, body: { error: { code: 'forbidden' } } };
  for (const tree of ['secret', 'not-there']) {
    expect(await api.makeTree(tree)).toMatchObject(refused);
    expect(await api.table(tree)).toMatchObject(refused);
    expect(await api.beginPush(tree, { base: 0, changes: [] })).toMatchObject(refused);
    expect(await api.commit(tree, 'x')).toMatchObject(refused);
    expect(await api.beginPull(tree, { revision: 0, paths: [] })).toMatchObject(refused);
    expect(await api.end(tree, 'pulls', 'x')).toMatchObject(refused);
    expect(await api.call('GET', `/v1/trees/${tree}/sessions/x/rsync`)).toMatchObject(refused);
  }
});

test('creating a tree again changes nothing', async () => {
  expect(await server.api.makeTree('twice')).toMatchObject({ status: 201, body: { name: 'twice', revision: 0 } });
  expect(await server.api.makeTree('twice')).toMatchObject({ status: 200, body: { name: 'twice', revision: 0 } });
});

test('all errors have the same shape', async () => {
  const shape = (status: number, code: string) => ({ status, body: { error: { code, message: expect.any(String) } } });
  expect(await server.api.call('GET', '/elsewhere')).toMatchObject(shape(404, 'not_found'));
  expect(await server.api.call('GET', '/v1/elsewhere')).toMatchObject(shape(404, 'not_found'));
  expect(await server.api.table('absent')).toMatchObject(shape(404, 'tree_not_found'));
  expect(await server.api.makeTree('no%20spaces')).toMatchObject(shape(422, 'invalid_request'));
  expect(await server.api.table('notes', -1)).toMatchObject(shape(422, 'invalid_request'));
  expect(await server.api.table('notes', 5)).toMatchObject(shape(404, 'revision_not_found'));
  const push = '/v1/trees/notes/pushes';
  expect(await server.api.call('POST', push, '{"base":')).toMatchObject(shape(422, 'invalid_request'));
  expect(await server.api.call('POST', push, { base: 0 })).toMatchObject(shape(422, 'invalid_request'));
  expect(await server.api.call('POST', push, 'x'.repeat(10_001))).toMatchObject(shape(413, 'body_too_large'));
  expect(await server.api.commit('notes', '0'.repeat(32))).toMatchObject(shape(404, 'session_not_found'));
});

test.each([
  ['with a content-length', { 'content-length': '10001' }],
  ['without a content-length', {}],
])('a body %s is accepted up to the limit', async (_, length) => {
  const authorization = `Bearer ${server.token}`;
  const send = (body: string, headers: Record<string, string>) =>
    server.app.request('/v1/trees/notes/pushes', { method: 'POST', headers: { authorization, ...headers }, body });
  expect((await send('x'.repeat(10_001), length)).status).toBe(413);
  const fits = JSON.stringify({ base: 0, changes: [] }).padEnd(10_000);
  expect((await send(fits, 'content-length' in length ? { 'content-length': '10000' } : {})).status).toBe(201);
});

test('an unexpected error is logged in full, and the client gets only the request id', async () => {
  const failing = await startTestServer();
  failing.services.trees.list = () => Promise.reject(new Error('the secret reason'));
  const response = await failing.api.call<{ error: { code: string; message: string } }>('GET', '/v1/trees');
  await failing.stop();
  expect(response).toMatchObject({ status: 500, body: { error: { code: 'internal' } } });
  expect(response.body.error.message).toContain(response.headers.get('x-request-id'));
  expect(response.body.error.message).not.toContain('secret');
  expect(failing.logged.join('')).toContain('the secret reason');
});

test('a full disk has its own code', async () => {
  const full = await startTestServer();
  full.services.trees.list = () => Promise.reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }));
  const response = await full.api.call('GET', '/v1/trees');
  await full.stop();
  expect(response).toMatchObject({ status: 507, body: { error: { code: 'storage_full' } } });
});

test('tokens and passwords are not logged', async () => {
  const begun = await server.api.beginPush('notes', { base: 0, changes: [] });
  const log = server.logged.join('');
  expect(log).toContain('/v1/trees/notes/pushes');
  expect(log).not.toContain(server.token);
  expect(log).not.toContain(begun.body.password);
});

test('a big table is compressed for a client that accepts gzip', async () => {
  const big = await startTestServer();
  await big.api.makeTree('big');
  const folders = Array.from({ length: 200 }, (_, index) => `folder-${index}`);
  const begun = await big.api.beginPush('big', { base: 0, changes: [], folders });
  await big.api.commit('big', begun.body.id);
  const requestTable = (encoding: string) =>
    big.app.request('/v1/trees/big/files', {
      headers: { authorization: `Bearer ${big.token}`, 'accept-encoding': encoding },
    });
  const zipped = await requestTable('gzip');
  const plain = await requestTable('identity');
  await big.stop();
  expect(zipped.headers.get('content-encoding')).toBe('gzip');
  const text = await new Response(zipped.body?.pipeThrough(new DecompressionStream('gzip'))).text();
  expect(plain.headers.get('content-encoding')).toBeNull();
  expect(text).toBe(await plain.text());
});
