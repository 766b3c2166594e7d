import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { symlink } from '../../test/changes';
import { eventually } from '../../test/eventually';
import { startTestServer, type TestServer } from '../../test/testServer';

let server: TestServer;
const sockets: Socket[] = [];

/** With long paths, the table has more bytes than the system's buffers of a connection. */
const links = 3_000;
const folder = `${'n'.repeat(250)}/`.repeat(12);

beforeAll(async () => {
  server = await startTestServer({ maxLongResponses: 2 });
  await server.api.makeTree('t');
  const changes = Array.from({ length: links }, (_, number) => symlink(`${folder}${number}`, `${number}`));
  const { body } = await server.api.beginPush('t', { base: 0, changes });
  await server.api.commit('t', body.id);
}, 60_000);
afterAll(() => server.stop());
beforeEach(() => void (server.logged.length = 0));
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** Sends requests at once on one connection, which reads nothing until it is resumed. */
async function request(paths: readonly string[], token = server.token): Promise<Socket> {
  const { hostname, port } = new URL(await server.url());
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  socket.on('error', () => undefined).pause();
  await once(socket, 'connect');
  const headers = `Host: x\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  socket.write(paths.map((path) => `GET /v1/${path} HTTP/1.1\r\n${headers}`).join(''));
  return socket;
}

/** The responses that have been logged. The server logs one when its head is ready. */
const begun = (path: string): number =>
  server.logged.filter((line) => line.includes('"msg":"request"') && line.includes(path)).length;

test('a connection gets its responses one after the other', async () => {
  const socket = await request(['trees/t/files', 'trees', 'trees/t/files', 'whoami']);
  await eventually(() => expect(begun('/files')).toBe(1));
  await server.api.table('t');
  expect([begun('/files'), begun('/whoami')]).toEqual([2, 0]);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text = (text + chunk).slice(-10_000)));
  socket.resume();
  await eventually(() => expect(text).toContain('"oldestProtocol"'));
});

test('a token gets some long responses at a time, and others do not wait for it', async () => {
  const other = await server.services.tokens.create('bob', null);
  const [first] = await Promise.all([request(['trees/t/files']), request(['trees/t/files'])]);
  await eventually(() => expect(begun('/files')).toBe(2));
  const paths = [
    'files',
    'compare?from=0&to=1',
    'revisions',
    'revisions/1',
    'history?path=a',
    'content?path=a&revision=1',
  ];
  const waiting = await Promise.all(paths.map((path) => request([`trees/t/${path}`])));
  const last = await request(['trees/t/files?since=1']);
  const bob = (await request(['trees/t/files'], other)).resume();
  await once(bob, 'data');
  await request(['whoami']);
  await eventually(() => expect(begun('/whoami')).toBe(1));
  expect(begun('/v1/trees/t/')).toBe(3);
  // Those that have gone are not served when it is their turn.
  for (const socket of waiting) socket.destroy();
  first.destroy();
  await once(last.resume(), 'data');
});

test('a page of a table and of a comparison has a bounded size, however long the paths are', async () => {
  const { trees } = server.services;
  const { pages } = await trees.table('t', { since: 0, reader: 'alice' });
  let count = 0;
  for await (const page of pages) {
    count += page.length;
    expect(JSON.stringify(page).length).toBeLessThan(512 << 10);
  }
  expect(count).toBe(links);
  const id = (await trees.find('t')).id;
  for await (const page of server.services.entries.pagesOfPathsChanged(id, { older: 0, newer: 1 })) {
    count -= page.length;
    expect(JSON.stringify(page).length).toBeLessThan(512 << 10);
  }
  expect(count).toBe(0);
});

test('a client that leaves in the middle of its request is no error in the log', async () => {
  const { hostname, port } = new URL(await server.url());
  const socket = connect(Number(port), hostname);
  const head = ['POST /v1/trees/t/pushes HTTP/1.1', 'Host: x', `Authorization: Bearer ${server.token}`];
  const begin = ['Content-Type: application/json', 'Content-Length: 300000', '', '{'];
  socket.write([...head, ...begin].join('\r\n'));
  await once(socket, 'connect');
  // The server has read the head once it has answered a later request.
  await fetch(`${await server.url()}/healthz`);
  socket.destroy();
  await eventually(() => expect(begun('/pushes')).toBe(1));
  expect(server.logged.filter((line) => line.includes('"level":50'))).toEqual([]);
});
