import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defaultConnectionLimits } from '../../../../server/src/app/connectionLimits';
import { listen, type Listening } from '../../../../server/src/app/listen';
import { checkInBatches } from '../batches';
import { startInProcess, type InProcessServer } from '../inProcessServer';
import { oddText } from './oddValues';

/** Far more than any response takes; a connection that is still open then would stay open. */
const endLimitMs = 60_000;
const connectionsPerRun = 60;

let server: InProcessServer;
let listening: Listening;
let token: string;
let answered = 0;
beforeAll(async () => {
  server = await startInProcess();
  token = await server.services.tokens.create('alice', null);
  await openSession();
  const limits = { ...defaultConnectionLimits, handshakeMs: 200, stallMs: 200 };
  listening = await listen(server.app, { host: '127.0.0.1', port: 0, limits });
});
afterAll(async () => {
  const closed = listening.close(0);
  await server.stop();
  await closed;
  server.removeData();
});

const session = `/v1/trees/t/sessions/${'0'.repeat(31)}1/rsync`;
const method = fc.oneof(
  fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE', 'PRI'),
  oddText,
);
const target = fc.oneof(
  fc.constantFrom('/healthz', '/v1/whoami', '/v1/trees/t', '/v1/trees/t/pushes', '/v1/trees/t/events', '*', '//', '/%'),
  fc.constantFrom('http://elsewhere/healthz', session, '/v1/trees/t/pulls'),
  oddText,
);
const version = fc.oneof(
  { weight: 5, arbitrary: fc.constant('HTTP/1.1') },
  { weight: 1, arbitrary: fc.constantFrom('HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'http/1.1', '') },
);
const header = fc.oneof(
  fc.constantFrom('Host: palmtree', 'Host:', 'Connection: close', 'Connection: Upgrade', 'Connection: keep-alive'),
  fc.constantFrom(
    'Upgrade: websocket',
    'Upgrade: h2c',
    'Upgrade: TLS/1.0',
    'Upgrade: websocket, h2c',
    'Expect: 100-continue',
  ),
  fc.constantFrom(
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Version: 8',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ),
  fc.constantFrom(
    'Content-Length: 2',
    'Content-Length: 0',
    'Content-Length: -1',
    'Content-Length: 9',
    'Content-Length: x',
  ),
  fc.constantFrom('Transfer-Encoding: chunked', 'Transfer-Encoding: gzip', 'Content-Type: application/json'),
  fc.constantFrom('AUTHORIZATION', 'AUTHORIZATION', 'Content-Type: application/x-ndjson', 'Accept-Encoding: gzip'),
  fc.tuple(oddText, oddText).map((parts) => parts.join(': ')),
  fc.nat({ max: 20_000 }).map((length) => `X-Long: ${'a'.repeat(length)}`),
);
const sentBody = fc.oneof(
  fc.constantFrom('', '{}', '2\r\n{}\r\n0\r\n\r\n', '0\r\n\r\n', '{"base":0,"changes":[]}', 'ffffffff\r\n'),
  oddText,
);
/** Parts of a WebSocket handshake for the open session. */
const upgrade = fc
  .subarray([
    'Host: palmtree',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ])
  .map((headers) => [`GET ${session} HTTP/1.1`, 'AUTHORIZATION', ...headers].join('\r\n') + '\r\n\r\n');

const anyRequest = fc
  .record({
    line: fc.tuple(method, target, version).map((parts) => parts.join(' ')),
    headers: fc.array(header, { maxLength: 7 }),
    end: fc.constantFrom('\r\n\r\n', '\r\n\r\n', '\r\n\r\n', '\n\n', '\r\n', ''),
    body: sentBody,
  })
  .map(({ line, headers, end, body: sent }) => [line, ...headers].join('\r\n') + end + sent);
const request = fc.oneof({ weight: 9, arbitrary: anyRequest }, { weight: 1, arbitrary: upgrade });

it('property: the server responds to or ends every connection, whatever it is sent, and never fails', async () => {
  const connection = fc.array(request, { minLength: 1, maxLength: 2 }).map((requests) => requests.join(''));
  // Many at once, since an incomplete request lasts until its deadline.
  const property = fc.asyncProperty(fc.array(connection, { maxLength: connectionsPerRun }), async (connections) => {
    const answers = await Promise.all(connections.map(exchange));
    expect(server.errors.splice(0)).toEqual([]);
    expect(answers.filter((answer) => answer.startsWith('HTTP/1.1 5'))).toEqual([]);
    answered += answers.filter((answer) => answer !== '').length;
  });
  await checkInBatches(property, {
    name: 'runs of up to 60 connections to the port',
    share: 0.2,
    runs: 60,
    runsPerBatch: 20,
    maxGrowthBytes: 40e6,
    afterBatch: async () => {
      expect((await fetch(`${listening.url}/healthz`)).status).toBe(200);
      return { answered };
    },
  });
});

/** The session that some of the requests name: the first. */
async function openSession(): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  await server.app.request('/v1/trees/t', { method: 'PUT', headers });
  const body = JSON.stringify({ revision: 0, paths: [] });
  expect((await server.app.request('/v1/trees/t/pulls', { method: 'POST', headers, body })).status).toBe(201);
}

/** Sends the bytes, and resolves with the response when the connection is closed. This side ends it after a response. */
function exchange(bytes: string): Promise<string> {
  const { hostname, port } = new URL(listening.url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const deadline = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the connection stays open after ${JSON.stringify(answer)}`));
    }, endLimitMs);
    socket.setEncoding('latin1').on('data', (text: string) => {
      answer += text;
      socket.end();
    });
    // A reset is an end as well.
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      clearTimeout(deadline);
      resolve(answer);
    });
    socket.write(bytes.replaceAll('AUTHORIZATION', `Authorization: Bearer ${token}`));
  });
}
