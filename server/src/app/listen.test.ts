import { once } from 'node:events';
import { get } from 'node:https';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Hono } from 'hono';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { makeCertificate } from '../../test/certificate';
import { eventually } from '../../test/eventually';
import type { AppEnv } from '../http/appEnv';
import { defaultConnectionLimits } from './connectionLimits';
import { listen, type Listening } from './listen';

let listening: Listening | undefined;
let socket: Socket | undefined;
afterEach(async () => {
  socket?.destroy();
  await listening?.close(0);
});

async function start(app: Hono<AppEnv>): Promise<Socket> {
  listening = await listen(app, { host: '127.0.0.1', port: 0, limits: { ...defaultConnectionLimits, stallMs: 300 } });
  const opened = connect(Number(new URL(listening.url).port), '127.0.0.1');
  opened.on('error', () => undefined);
  socket = opened;
  await once(opened, 'connect');
  return opened;
}

test('a client that stops in the middle of its request is disconnected', async () => {
  const app = new Hono<AppEnv>().post('/', async (context) => context.text(await context.req.text()));
  const client = await start(app);
  client.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf');
  await once(client.resume(), 'close');
});

test('a client that stops reading its response is disconnected', async () => {
  const cancelled = Promise.withResolvers<void>();
  const piece = new Uint8Array(1 << 20);
  const endless = () =>
    new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(piece),
      cancel: () => cancelled.resolve(),
    });
  const client = await start(new Hono<AppEnv>().get('/', (context) => context.body(endless())));
  client.pause();
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await cancelled.promise;
});

test('a client is not disconnected while the server works', async () => {
  const work = Promise.withResolvers<string>();
  const app = new Hono<AppEnv>().get('/', async (context) => context.text(await work.promise));
  const client = await start(app);
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const idle = connect(Number(new URL(listening?.url ?? '').port), '127.0.0.1');
  // This client stalls from the same moment on, so the end of its connection shows that the limit has passed.
  idle.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf');
  await once(idle.resume(), 'close');
  work.resolve('done');
  const [response] = (await once(client, 'data')) as [Buffer];
  expect(response.toString()).toContain('200 OK');
});

test('many clients that connect at once are served before the event loop has made a turn for each', async () => {
  const app = new Hono<AppEnv>().get('/', (context) => context.text('here'));
  listening = await listen(app, { host: '127.0.0.1', port: 0 });
  const port = Number(new URL(listening.url).port);
  const clients = Array.from({ length: 200 }, () => connect(port, '127.0.0.1'));
  const served = Promise.all(
    clients.map(async (client) => {
      client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      await once(client.resume(), 'close');
    }),
  );
  let turns = 0;
  const turn = (): void => {
    turns++;
    timer = setImmediate(turn);
  };
  let timer = setImmediate(turn);
  await served;
  clearImmediate(timer);
  expect(turns).toBeLessThan(clients.length / 2);
});

test('a server with TLS serves connections that were accepted elsewhere without TLS, within the same limit', async () => {
  const app = new Hono<AppEnv>().get('/', (context) => context.text('here'));
  const limits = { ...defaultConnectionLimits, connections: 1 };
  const { accept, url } = (listening = await listen(app, {
    host: '127.0.0.1',
    port: 0,
    tls: makeCertificate(),
    limits,
  }));
  const elsewhere = createServer(accept).listen(0, '127.0.0.1');
  onTestFinished(() => void elsewhere.close());
  await once(elsewhere, 'listening');
  const open = (): Socket => connect((elsewhere.address() as AddressInfo).port, '127.0.0.1');
  socket = open();
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(String((await once(socket, 'data'))[0])).toContain('200 OK');
  await once(open().resume(), 'close');
  socket.destroy();
  const status = () =>
    new Promise((resolve) => {
      const request = get(url, { rejectUnauthorized: false, agent: false }, (response) => {
        resolve(response.resume().statusCode);
      });
      request.on('error', resolve);
    });
  await eventually(async () => expect(await status()).toBe(200));
});

test('a port that another server listens on is refused', async () => {
  const app = new Hono<AppEnv>();
  listening = await listen(app, { host: '127.0.0.1', port: 0 });
  const port = Number(new URL(listening.url).port);
  await expect(listen(app, { host: '127.0.0.1', port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is in use.`);
});
