import { EventEmitter, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { eventually } from '../../test/eventually';
import { startTestServer, type TestServer, type TestServerOptions } from '../../test/testServer';
import { defaultConnectionLimits, limitConnections } from './connectionLimits';

let server: TestServer | undefined;
afterEach(() => server?.stop());

async function start(options: TestServerOptions = {}): Promise<URL> {
  server = await startTestServer(options);
  return new URL(await server.url());
}

async function open({ hostname, port }: URL): Promise<Socket> {
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  return socket;
}

/** Sends a request, and returns the response when the server has closed the connection. */
async function exchange(url: URL, lines: readonly string[], body = ''): Promise<string> {
  const socket = await open(url);
  let response = '';
  socket.setEncoding('latin1').on('data', (text: string) => (response += text));
  const closed = once(socket, 'close');
  socket.write([...lines, 'Host: palmtree', '', body].join('\r\n'));
  await closed;
  return response;
}

const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;

describe('an upgrade', () => {
  it.each(['h2c', 'TLS/1.0', 'h2c, TLS/1.2', 'Web Socket', ','])(
    'to %j gets the response of an ordinary request',
    async (protocol) => {
      const url = await start();
      const request = ['Connection: Upgrade, HTTP2-Settings', `Upgrade: ${protocol}`, 'HTTP2-Settings: AAMAAABkAAQ'];
      const response = await exchange(url, ['GET /healthz HTTP/1.1', ...request]);
      expect(response).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(response).toContain('{"ok":true}');
      expect(await exchange(url, ['GET /v1/whoami HTTP/1.1', ...request])).toMatch(/^HTTP\/1\.1 401 /);
    },
  );

  it('with a body is refused', async () => {
    const url = await start();
    const lines = ['POST /v1/trees HTTP/1.1', 'Connection: Upgrade', 'Upgrade: h2c', 'Content-Length: 2'];
    expect(await exchange(url, lines, '{}')).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    const chunked = [...lines.slice(0, 3), 'Transfer-Encoding: chunked'];
    expect(await exchange(url, chunked, '0\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  });

  it.each(['Host: two words', 'Host: a:b:c', 'Host: [::1', 'Host: %zz'])('for the host %j is refused', async (host) => {
    const request = ['GET /v1/trees HTTP/1.1', host, 'Connection: Upgrade', 'Upgrade: websocket'];
    const socket = await open(await start());
    socket.write([...request, '', ''].join('\r\n'));
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    expect(bytes.toString('latin1')).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  });

  it('to a WebSocket or another protocol becomes a WebSocket', async () => {
    const url = await start();
    await server!.api.makeTree('notes');
    const { body } = await server!.api.beginPush('notes', { base: 0, changes: [] });
    const socket = await open(url);
    socket.write(
      [
        `GET /v1/trees/notes/sessions/${body.id}/rsync HTTP/1.1`,
        'Host: palmtree',
        `Authorization: Bearer ${server!.token}`,
        'Connection: Upgrade',
        'Upgrade: websocket, h2c',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
        '',
        '',
      ].join('\r\n'),
    );
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    expect(bytes.toString('latin1')).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
    socket.destroy();
  });

  it('leaves no socket behind when its client leaves', async () => {
    const url = await start();
    const before = sockets();
    const leavers = await Promise.all(Array.from({ length: 200 }, () => open(url)));
    for (const [index, socket] of leavers.entries()) {
      const protocol = index % 2 === 0 ? 'h2c' : 'websocket, h2c';
      socket.end(`GET /v1/trees HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`);
      socket.resume();
    }
    await eventually(() => expect(sockets()).toBeLessThanOrEqual(before));
  });
});

describe('a silent client', () => {
  const limits = { ...defaultConnectionLimits, handshakeMs: 200, stallMs: 400 };

  it.each([
    ['before its request', ''],
    ['in the headers of its request', 'GET /healthz HTTP/1.1\r\nHost: x\r\n'],
    ['in the body of its request', 'PUT /v1/trees/notes HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{'],
  ])('%s is disconnected', async (_, text) => {
    const url = await start({ limits });
    const socket = await open(url);
    socket.resume().write(text);
    await once(socket, 'close');
  });
});

it('tells a client to use an idle connection for five seconds', async () => {
  const response = await fetch(new URL('/healthz', await start()));
  expect(response.headers.get('keep-alive')).toBe('timeout=5');
});

it('loses no request that arrives over an idle connection while the server stalls', async () => {
  const answering = createServer((_, response) => void response.end());
  // Node adds a second to it, unless it is told otherwise.
  answering.keepAliveTimeout = 1;
  limitConnections(answering, defaultConnectionLimits);
  onTestFinished(() => void answering.close());
  await once(answering.listen(0, '127.0.0.1'), 'listening');
  const { port } = answering.address() as AddressInfo;
  const socket = connect(port);
  const request = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
  socket.write(request);
  await once(socket, 'data');
  socket.write(request);
  // The bytes are on their way, and this process does nothing for longer than the connection may be idle.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
  await once(socket, 'data');
  socket.destroy();
});

it('refuses connections above the limit, and accepts others once some have closed', async () => {
  const url = await start({ limits: { ...defaultConnectionLimits, connections: 3 } });
  // The server may accept them in any order.
  const opened = await Promise.all([open(url), open(url), open(url), open(url)]);
  const refused = await Promise.race(opened.map((socket) => once(socket, 'close').then(() => socket)));
  const accepted = opened.filter((socket) => socket !== refused);
  expect(accepted.map(({ closed }) => closed)).toEqual([false, false, false]);
  accepted[0]?.destroy();
  await eventually(async () => expect((await fetch(new URL('/healthz', url))).status).toBe(200));
  for (const socket of accepted) socket.destroy();
});

it('limits the connections of each address other than loopback', () => {
  const emitter = Object.assign(new EventEmitter(), { setTimeout: () => undefined });
  limitConnections(emitter as unknown as Server, { ...defaultConnectionLimits, connectionsPerAddress: 2 });
  const connectFrom = (remoteAddress: string) => {
    const socket = Object.assign(new EventEmitter(), { remoteAddress, destroy: vi.fn() });
    emitter.emit('connection', socket);
    return socket;
  };
  const isRefused = (address: string) => connectFrom(address).destroy.mock.calls.length > 0;
  const first = connectFrom('203.0.113.7');
  expect(isRefused('203.0.113.7')).toBe(false);
  expect(isRefused('203.0.113.7')).toBe(true);
  expect(isRefused('203.0.113.8')).toBe(false);
  for (const loopback of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
    for (let count = 0; count < 5; count++) expect(isRefused(loopback)).toBe(false);
  }
  first.emit('close');
  expect(isRefused('203.0.113.7')).toBe(false);
  expect(isRefused('203.0.113.7')).toBe(true);
});
