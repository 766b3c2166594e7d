import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { symlink } from '../changes';
import { buildServer, startChildServer, type ChildServer } from '../childServer';
import { temporaryFolder } from '../temporaryFolder';

const entries = 60_000;
let server: ChildServer;
const sockets: Socket[] = [];

beforeAll(async () => {
  server = await startChildServer(await buildServer(), temporaryFolder());
  await server.api.makeTree('t');
  const changes = Array.from({ length: entries }, (_, number) => symlink(`some/folder/${number}`, `${number}`));
  const { body } = await server.api.beginPush('t', { base: 0, changes });
  await server.api.commit('t', body.id);
}, 300_000);
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(async () => {
  await server.kill('SIGTERM');
}, 60_000);

/** The resident memory of the server in MB. */
function memory(): number {
  const status = readFileSync(`/proc/${server.process.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** Sends the requests at once on a connection, and reads the first bytes only. */
async function request(paths: readonly string[]): Promise<void> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  socket.on('error', () => undefined);
  const headers = `Host: x\r\nAuthorization: Bearer ${server.token}\r\n\r\n`;
  socket.write(paths.map((path) => `GET /v1/trees/t/${path} HTTP/1.1\r\n${headers}`).join(''));
  await new Promise((resolve) => socket.once('readable', resolve).once('close', resolve));
}

const linuxOnly = { skip: process.platform !== 'linux', timeout: 300_000 };

test.each(['files', 'files?since=0', 'compare?from=0&to=1', 'revisions/1'])(
  'clients that request %s and do not read it take little memory',
  linuxOnly,
  async (path) => {
    // The first request fills the caches.
    expect(JSON.stringify(await server.api.call('GET', `/v1/trees/t/${path}`)).length).toBeGreaterThan(100 * entries);
    const before = memory();
    await Promise.all(Array.from({ length: 25 }, () => request([path])));
    // The requests before it have been answered as far as their clients let them.
    expect((await server.api.call('GET', `/v1/trees/t/${path}`)).status).toBe(200);
    expect(memory() - before).toBeLessThan(200);
  },
);

test('a client that sends many requests and reads no response is disconnected', linuxOnly, async () => {
  const before = memory();
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const text = `GET /v1/trees HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.token}\r\n\r\n`;
  for (let count = 0; count < 45 && !socket.destroyed; count++) {
    if (!socket.write(text.repeat(1_000)))
      await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
  }
  await closed;
  expect(memory() - before).toBeLessThan(100);
  expect((await server.api.table('t', 1)).status).toBe(200);
});
