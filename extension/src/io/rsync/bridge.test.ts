import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { rsyncUpgrade } from '../../../../server/src/contract/frames';
import { FrameSocket, type RsyncSocket } from '../../../../server/src/contract/frameSocket';
import { Bridge } from './bridge';

/** More than all buffers between the two ends can take. */
const many = Buffer.alloc(64 << 20);
const messageBytes = 1 << 20;
/** The frame of a ping with 125 bytes. */
const ping = Buffer.from([0x89, 125, ...Buffer.alloc(125)]);
/** Instead of 5 s, for the tests that wait until one end is given up. */
const shortly = { partingMs: 500 };
const framedPing = Buffer.from([1, 0, 0, 125, ...Buffer.alloc(125)]);

let server: Server;
let sockets: WebSocketServer;
let there: RsyncSocket;
let tcpThere: Socket;
let bridge: Bridge;

beforeEach(async () => {
  sockets = new WebSocketServer({ noServer: true });
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  bridge.close();
  there.terminate();
  await new Promise((resolve) => server.close(resolve));
});

const upgrades: Record<string, (request: IncomingMessage, stream: Socket, head: Buffer) => RsyncSocket> = {
  'a WebSocket': (request, stream, head) => {
    let socket: RsyncSocket | undefined;
    sockets.handleUpgrade(request, stream, head, (opened) => (socket = opened));
    return socket ?? expect.unreachable();
  },
  frames: (_request, stream, head) => {
    stream.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${rsyncUpgrade}\r\n\r\n`);
    return new FrameSocket(stream, head);
  },
};

describe.each(Object.keys(upgrades))('%s', (carrier) => {
  /** Opens a bridge with both ends: the server's socket, and that of rsync. */
  async function open(limits: { maxReceivedBytes?: number; partingMs?: number } = {}) {
    const upgraded = once(server, 'upgrade') as Promise<[IncomingMessage, Socket, Buffer]>;
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const upgrade = carrier === 'frames' ? rsyncUpgrade : undefined;
    const signal = new AbortController().signal;
    const opened = Bridge.open({ url, headers: {}, signal, maxReceivedBytes: 2 * many.length, upgrade, ...limits });
    const [request, stream, head] = await upgraded;
    tcpThere = stream;
    there = upgrades[carrier]?.(request, stream, head) ?? expect.unreachable();
    there.on('error', () => undefined);
    bridge = await opened;
    const here = connect(bridge.port, '127.0.0.1').on('error', () => undefined);
    await once(here, 'connect');
    return here;
  }

  const send = (bytes: Buffer): void => {
    for (let at = 0; at < bytes.length; at += messageBytes)
      there.send(bytes.subarray(at, at + messageBytes), { binary: true, compress: false }, () => undefined);
  };
  const closedThere = (): Promise<unknown> => new Promise((resolve) => there.on('close', resolve));

  it('ends rsync when the server closes while rsync still sends', async () => {
    const here = await open(shortly);
    here.write(many);
    there.pause();
    const ended = once(here.resume(), 'end');
    there.close(1000);
    there.resume();
    await ended;
    await expect.poll(() => bridge.gone.aborted, { timeout: 30_000 }).toBe(true);
  });

  it('ends the connection when rsync has gone and the server no longer reads', async () => {
    const here = await open(shortly);
    there.pause();
    here.write(many);
    here.destroy();
    await expect.poll(() => bridge.gone.aborted, { timeout: 30_000 }).toBe(true);
  });

  it('ends the connection when rsync has gone while the server still sends', async () => {
    const here = await open();
    const closed = closedThere();
    send(many);
    here.destroy();
    await closed;
  });

  it('ends both when the server sends more than was declared', async () => {
    const here = await open({ maxReceivedBytes: 1_000_000 });
    const ended = Promise.all([once(here.resume(), 'close'), closedThere()]);
    send(many.subarray(0, 600_000));
    send(many.subarray(0, 600_000));
    await ended;
    expect(bridge.failure).toMatchObject({ code: 'too_much_data', details: { limit: 1_000_000 } });
  });

  it('keeps no answers for a server that pings and does not read', async () => {
    const here = await open();
    const pings = 600_000;
    there.pause();
    tcpThere.write(Buffer.concat(Array.from({ length: pings }, () => (carrier === 'frames' ? framedPing : ping))));
    const arrived = once(here, 'data');
    send(Buffer.from('after the pings'));
    await arrived;
    let pongs = 0;
    there.on('pong', () => pongs++);
    const closed = closedThere();
    here.end();
    there.resume();
    await closed;
    // Both kernels and the bridge buffer far less than 79 MB.
    expect(pongs).toBeLessThan(pings / 2);
  });
});
