import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { Client } from './client';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it.each([301, 302, 303, 307, 308])(
  'a %d names the address that it leads to, and no token goes there',
  async (status) => {
    const received: IncomingMessage[] = [];
    const target = await serve((request, response) => {
      received.push(request);
      response.end('{}');
    });
    const address = await serve(({ url }, response) => response.writeHead(status, { location: target + url }).end());
    const client = new Client(address, 'secret');
    const error = { code: 'redirected', details: { subject: address, target } };
    await expect(client.whoami()).rejects.toMatchObject(error);
    await expect(client.commitPush('notes', 'id')).rejects.toMatchObject(error);
    await expect(client.events('notes', 0, AbortSignal.timeout(5_000))).rejects.toMatchObject(error);
    expect(received).toEqual([]);
  },
);

it.each([
  ['to https', (url: string) => `https://sync.example.org${url}`, 'https://sync.example.org'],
  ['into a folder', (url: string) => `/palmtree${url}`, 'SELF/palmtree'],
  ['to a login page', () => 'https://sso.example.org/login?return=%2Fv1%2Fwhoami', 'https://sso.example.org/login'],
  ['to a path without a host', () => '../login', 'SELF/login'],
  ['to nowhere', () => 'http://', ''],
])('a redirect %s is named without the path of the API', async (_, locationOf, target) => {
  const address = await serve(({ url = '' }, response) => response.writeHead(302, { location: locationOf(url) }).end());
  await expect(new Client(address, 'secret').whoami()).rejects.toMatchObject({
    code: 'redirected',
    details: { target: target.replace('SELF', address) },
  });
});

it('a redirect without a location is named too', async () => {
  const address = await serve((_, response) => response.writeHead(302).end());
  await expect(new Client(address, 'secret').whoami()).rejects.toMatchObject({
    code: 'redirected',
    details: { target: '' },
  });
});

it('a redirect in the middle of a push is named, and its body is not sent on', async () => {
  let requests = 0;
  const address = await serve((request, response) => {
    requests++;
    if (request.url === '/v1/whoami') {
      const whoami = { name: 'a', trees: null, server: { version: '1' }, protocol: 1, oldestProtocol: 1 };
      response.end(JSON.stringify(whoami));
    } else response.writeHead(307, { location: 'https://elsewhere.example.org/' }).end();
  });
  const client = new Client(address, 'secret');
  const changes = Array.from({ length: 20_000 }, (_, number) => ({ op: 'delete', path: `n/${number}` }) as const);
  await expect(client.beginPush('notes', { base: 1, changes })).rejects.toMatchObject({ code: 'redirected' });
  expect(requests).toBe(2);
});
