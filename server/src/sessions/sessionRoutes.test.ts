import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../test/testServer';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
  await server.api.makeTree('tree');
});
afterEach(() => server.stop());

test.each(['close', 'keep-alive'])(
  'a WebSocket request whose Connection header says %s is refused',
  async (connection) => {
    const { body } = await server.api.beginPull('tree', { revision: 0, paths: [] });
    const headers = { authorization: `Bearer ${server.token}`, upgrade: 'websocket', connection };
    const sent = request(await server.rsyncUrl('tree', body.id), { headers }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(422);
    expect(response.headers['x-palmtree-error']).toBe('invalid_request');
  },
);
