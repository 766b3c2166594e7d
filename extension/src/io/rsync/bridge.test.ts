import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { Bridge } from './bridge';

/** More than all buffers between the two ends can take. */
const many = Buffer.alloc(64 << 20);
/** The frame of a ping with 125 bytes. */
const ping = Buffer.from([0x89, 125, ...Buffer.alloc(125)]);

let server: WebSocketServer;
let there: WebSocket;
let tcpThere: Socket;
let bridge: Bridge;

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
});
afterEach(async () => {
  bridge.close();
  for (const client of server.clients) client.terminate();
  await new Promise((resolve) => server.close(resolve));
});

/** Opens a bridge with both ends: the server's socket, and that of rsync. */
async function open(maxReceivedBytes = 2 * many.length) {
  const connected = once(server, 'connection');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  bridge = await Bridge.open({ url, headers: {}, signal: new AbortController().signal, maxReceivedBytes });
  const [socket, request] = (await connected) as [WebSocket, IncomingMessage];
  [there, tcpThere] = [socket, request.socket];
  there.on('error', () => undefined);
  const here = connect(bridge.port, '127.0.0.1').on('error', () => undefined);
  await once(here, 'connect');
  return here;
}

it('ends rsync when the server closes while rsync still sends', async () => {
  const here = await open();
  here.write(many);
  there.pause();
  const ended = once(here.resume(), 'end');
  there.close(1000);
  there.resume();
  await ended;
  await expect.poll(() => bridge.gone.aborted, { timeout: 30_000 }).toBe(true);
});

it('ends the connection when rsync has gone and the server no longer reads', async () => {
  const here = await open();
  there.pause();
  here.write(many);
  here.destroy();
  await expect.poll(() => bridge.gone.aborted, { timeout: 30_000 }).toBe(true);
});

it('ends the connection when rsync has gone while the server still sends', async () => {
  const here = await open();
  const closed = once(there, 'close');
  there.send(many);
  here.destroy();
  await closed;
});

it('ends both when the server sends more than was declared', async () => {
  const here = await open(1_000_000);
  const ended = Promise.all([once(here.resume(), 'close'), once(there, 'close')]);
  there.send(many.subarray(0, 600_000));
  there.send(many.subarray(0, 600_000));
  await ended;
  expect(bridge.failure).toMatchObject({ code: 'too_much_data', details: { limit: 1_000_000 } });
});

it('keeps no answers for a server that pings and does not read', async () => {
  const here = await open();
  const pings = 600_000;
  there.pause();
  tcpThere.write(Buffer.concat(Array.from({ length: pings }, () => ping)));
  const arrived = once(here, 'data');
  there.send('after the pings');
  await arrived;
  let pongs = 0;
  there.on('pong', () => pongs++);
  const closed = once(there, 'close');
  here.end();
  there.resume();
  await closed;
  // Both kernels and the bridge buffer far less than 79 MB.
  expect(pongs).toBeLessThan(pings / 2);
});
