import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { rsyncUpgrade } from '../../../../server/src/contract/frames';
import { FrameSocket } from '../../../../server/src/contract/frameSocket';
import { Bridge } from './bridge';
import { openRsyncConnection } from './rsyncConnection';

let server: Server;
/** The protocols that were asked for. */
let asked: (string | undefined)[];
afterEach(() => server.closeAllConnections());

/** A server that accepts WebSockets, and does `onFrames` when it is asked for frames. */
async function listen(onFrames: (stream: Duplex, request: IncomingMessage) => void): Promise<string> {
  const sockets = new WebSocketServer({ noServer: true });
  asked = [];
  server = createServer().listen(0, '127.0.0.1');
  server.on('upgrade', (request, stream, head) => {
    asked.push(request.headers.upgrade);
    stream.on('error', () => undefined);
    if (request.headers.upgrade === rsyncUpgrade) onFrames(stream, request);
    else sockets.handleUpgrade(request, stream, head, (socket) => socket.send('greeting'));
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v1/trees/t/sessions/1/rsync`;
}

const signal = (): AbortSignal => AbortSignal.timeout(20_000);
const accept = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${rsyncUpgrade}\r\n\r\n`;
const open = (url: string, upgrade?: string) =>
  openRsyncConnection({ url, headers: { 'x-test': 'a' }, signal: signal(), upgrade });

it('opens frames to a server that knows them, with the headers of the request', async () => {
  let header: unknown;
  const url = await listen((stream, request) => {
    header = request.headers['x-test'];
    stream.write(accept);
    new FrameSocket(stream, Buffer.alloc(0)).send(Buffer.from('greeting'), undefined, () => undefined);
  });
  const socket = await open(url, rsyncUpgrade);
  const greeting = new Promise((resolve) => socket.on('message', (bytes) => resolve(bytes.toString())));
  socket.resume();
  expect(await greeting).toBe('greeting');
  expect(header).toBe('a');
  expect(asked).toEqual([rsyncUpgrade]);
  socket.terminate();
});

it.each([[undefined], ['palmtree-rsync/2']])('opens a WebSocket to a server that offers %s', async (upgrade) => {
  const url = await listen((stream) => stream.destroy());
  (await open(url, upgrade)).terminate();
  expect(asked).toEqual(['websocket']);
});

it.each([
  ['refuses them', (stream: Duplex) => stream.end('HTTP/1.1 426 X\r\nContent-Length: 0\r\n\r\n')],
  [
    'answers as to a request without an upgrade',
    (stream: Duplex) => {
      stream.end('HTTP/1.1 422 X\r\nX-Palmtree-Error: invalid_request\r\nContent-Length: 0\r\n\r\n');
    },
  ],
  ['closes the connection', (stream: Duplex) => stream.destroy()],
  ['upgrades to another protocol', (stream: Duplex) => stream.write(accept.replace(rsyncUpgrade, 'h2c'))],
])('opens a WebSocket through a proxy that %s, and then asks for nothing else', async (_what, onFrames) => {
  const url = await listen(onFrames);
  for (let count = 0; count < 2; count++) (await open(url, rsyncUpgrade)).terminate();
  expect(asked).toEqual([rsyncUpgrade, 'websocket', 'websocket']);
});

it('asks for a WebSocket after a connection on which nothing has arrived', async () => {
  const url = await listen((stream) => {
    stream.write(accept);
    stream.end();
  });
  const options = { url, headers: {}, upgrade: rsyncUpgrade, maxReceivedBytes: 1_000 };
  const bridge = await Bridge.open({ ...options, signal: signal() });
  await expect.poll(() => bridge.failure?.code).toBe('connection_lost');
  (await Bridge.open({ ...options, signal: signal() })).close();
  expect(asked).toEqual([rsyncUpgrade, 'websocket']);
});

it('has the error with which the server has refused the session', async () => {
  const url = await listen((stream) => {
    stream.end('HTTP/1.1 429 X\r\nX-Palmtree-Error: too_many_runs\r\nContent-Length: 0\r\n\r\n');
  });
  await expect(open(url, rsyncUpgrade)).rejects.toMatchObject({ code: 'too_many_runs' });
  expect(asked).toEqual([rsyncUpgrade]);
});

it('can be cancelled while the server does not answer', async () => {
  const controller = new AbortController();
  const url = await listen(() => controller.abort());
  const opened = openRsyncConnection({ url, headers: {}, signal: controller.signal, upgrade: rsyncUpgrade });
  await expect(opened).rejects.toMatchObject({ code: 'cancelled' });
  expect(asked).toEqual([rsyncUpgrade]);
});
