import { createServer, type OutgoingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { PalmtreeError } from '../../errors';
import { isTransient } from '../transfer/retries';
import { Bridge } from './bridge';

let server: Server | undefined;
afterEach(() => server?.close());

/** The error of a bridge to a server that refuses the upgrade with this response. */
async function refusal(status: number, headers: OutgoingHttpHeaders = {}): Promise<PalmtreeError> {
  server = createServer().listen(0, '127.0.0.1');
  server.on('upgrade', (_request, socket) => {
    const lines = Object.entries({ connection: 'close', 'content-length': 0, ...headers });
    socket.end(`HTTP/1.1 ${status} X\r\n${lines.map(([name, value]) => `${name}: ${String(value)}\r\n`).join('')}\r\n`);
  });
  await new Promise((resolve) => server?.once('listening', resolve));
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v1/trees/t/sessions/1/rsync`;
  const signal = AbortSignal.timeout(20_000);
  const opened = Bridge.open({ url, headers: {}, signal, maxReceivedBytes: 1_000 });
  const error: unknown = await opened.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof PalmtreeError) return error;
  throw new Error('the upgrade was not refused');
}

it.each([
  [401, 'unauthorized', false],
  [404, 'session_not_found', false],
  [404, 'tree_not_found', false],
  [409, 'session_busy', true],
  [429, 'too_many_runs', true],
  [500, 'internal', true],
  [507, 'storage_full', false],
  [418, 'code_of_the_future', true],
])("%d with the server's code %s has that code", async (status, code, passes) => {
  const error = await refusal(status, { 'x-palmtree-error': code });
  expect(error.code).toBe(code === 'code_of_the_future' ? 'connection_lost' : code);
  expect(isTransient(error)).toBe(passes);
});

it.each([
  [302, 'redirected', false],
  [400, 'websocket_refused', false],
  [403, 'proxy_refused', false],
  [413, 'proxy_refused', false],
  [426, 'websocket_refused', false],
  [429, 'proxy_refused', true],
  [502, 'server_unreachable', true],
  [503, 'server_unreachable', true],
])("%d without the server's code is a proxy's: %s", async (status, code, passes) => {
  const error = await refusal(status, status === 302 ? { location: 'https://sso.example.org/login' } : {});
  expect(error.code).toBe(code);
  expect(isTransient(error)).toBe(passes);
});
