import { afterAll, beforeAll, expect, test } from 'vitest';
import { put } from '../changes';
import { buildServer, startChildServer, type ChildServer } from '../childServer';
import { temporaryFolder } from '../temporaryFolder';

/** Before bodies were bounded, 4 MB of `[0,0,…]` used up a heap of this size. */
const heapMb = 512;
let server: ChildServer;

beforeAll(async () => {
  server = await startChildServer(await buildServer(), temporaryFolder(), { maxHeap: heapMb });
  await server.api.makeTree('t');
});
afterAll(() => server.kill('SIGTERM'));

const json = 'application/json';
const ndjson = 'application/x-ndjson';

interface Body {
  readonly type: string;
  readonly bytes: number;
  /** The begin, a part that is repeated, and the end. */
  readonly parts: readonly [string, string, string];
}

/** Sends the body as it is generated: a client may declare no length. */
async function post({ type, bytes, parts: [begin, part, end] }: Body, kind = 'pushes'): Promise<number> {
  const block = part.repeat(Math.ceil(65_536 / part.length));
  let left = bytes;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(Buffer.from(begin)),
    pull: (controller) => {
      controller.enqueue(Buffer.from(left > 0 ? block : end));
      if (left <= 0) controller.close();
      left -= block.length;
    },
  });
  const response = await fetch(`${server.url}/v1/trees/t/${kind}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.token}`, 'content-type': type },
    body,
    duplex: 'half',
  }).catch(() => undefined);
  // The server may refuse a body before it has read all of it, and close the connection.
  return response?.status ?? 413;
}

const head = '{"base":0,"count":1000000}\n';
const deletion = '{"op":"delete","path":"a"}';
const bodies: [string, Body][] = [
  ['an array of numbers', { type: json, bytes: 20e6, parts: ['{"base":0,"changes":[0', ',0', ']}'] }],
  ['folders that are numbers', { type: json, bytes: 20e6, parts: ['{"base":0,"changes":[],"folders":[0', ',0', ']}'] }],
  ['deep arrays', { type: json, bytes: 60e6, parts: ['{"base":0,"changes":[', '[', ''] }],
  ['deep objects', { type: json, bytes: 1e6, parts: ['{"base":0,"changes":[', '{"a":', ''] }],
  ['one string', { type: json, bytes: 60e6, parts: ['{"base":0,"message":"', 'x', '","changes":[]}'] }],
  ['a key many times', { type: json, bytes: 60e6, parts: ['{"base":0,"changes":[]', ',"a":0', '}'] }],
  ['valid changes', { type: json, bytes: 60e6, parts: [`{"base":0,"changes":[${deletion}`, `,${deletion}`, ']}'] }],
  ['lines that are numbers', { type: ndjson, bytes: 60e6, parts: [head, '0\n', ''] }],
  ['a line without an end', { type: ndjson, bytes: 60e6, parts: [head, '0', ''] }],
  ['a head without an end', { type: ndjson, bytes: 60e6, parts: ['{"base":0,"message":"', 'x', ''] }],
  ['deep lines', { type: ndjson, bytes: 60e6, parts: [head, `${'['.repeat(30_000)}\n`, ''] }],
  ['a path many times', { type: ndjson, bytes: 60e6, parts: [head, `${deletion}\n`, ''] }],
  ['more lines than its count', { type: ndjson, bytes: 60e6, parts: ['{"base":0,"count":1}\n', `${deletion}\n`, ''] }],
  ['a high count', { type: ndjson, bytes: 60e6, parts: ['{"base":0,"count":9e9}\n', `${deletion}\n`, ''] }],
];

test.each(bodies)('a body of %s is refused, and leaves the server running', { timeout: 120_000 }, async (_, body) => {
  expect(await post(body)).toBeOneOf([413, 422]);
  expect((await server.api.beginPush('t', { base: 0, changes: [put('a', '1')] })).status).toBe(201);
});

test(
  'many such bodies at once leave the server running, and others get their responses',
  { timeout: 300_000 },
  async () => {
    let hasEnded = false;
    const attacks = Array.from({ length: 2 }, () => bodies).flat();
    const attack = Promise.all(attacks.map(([, body]) => post(body))).finally(() => (hasEnded = true));
    let served = 0;
    while (!hasEnded) {
      expect((await server.api.table('t')).status).toBe(200);
      served++;
    }
    for (const status of await attack) expect(status).toBeOneOf([413, 422]);
    expect(served).toBeGreaterThan(bodies.length);
  },
);
