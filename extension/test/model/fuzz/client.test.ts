import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { ndjsonBlocks, ndjsonValues } from '../../../../server/src/contract/ndjson';
import { isPalmtreeError } from '../../../src/errors';
import { Client } from '../../../src/io/api/client';
import { EventParser } from '../../../src/io/api/eventParser';
import { checkInBatches } from '../batches';
import { oddText, oddValue } from './oddValues';
import { clientCalls, fuzzedAnswer, pieces, type FuzzedAnswer } from './responses';

const [whoami] = clientCalls;

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it('property: whatever a server answers, the client returns a value of the contract or an error with a code', async () => {
  let answer: FuzzedAnswer;
  let accepted = 0;
  // ofetch's parser warns of each member that is called __proto__.
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  vi.stubGlobal('fetch', (url: string) => Promise.resolve(respond(url, answer)));
  const property = fc.asyncProperty(fuzzedAnswer, async (fuzzed) => {
    answer = fuzzed;
    try {
      const value = await fuzzed.call.call(new Client('http://palmtree', 'token'));
      accepted++;
      if (fuzzed.call.name === 'files') checkTable(value as Awaited<ReturnType<Client['files']>>);
    } catch (error) {
      if (!isPalmtreeError(error)) throw error;
    }
  });
  await checkInBatches(property, {
    name: 'responses to the client',
    share: 0.2,
    runs: 4_000,
    runsPerBatch: 1_000,
    maxGrowthBytes: 40e6,
    afterBatch: () => ({ accepted }),
  });
  expect(accepted).toBeGreaterThan(200);
});

it('property: events are the same however the stream is cut into pieces', async () => {
  const line = fc.oneof(
    fc.constantFrom(
      'event: revision',
      'data: {"revision":1}',
      'data:x',
      'data',
      ': heartbeat',
      'id: 1',
      'retry: 1',
      '',
    ),
    oddText,
  );
  const stream = fc
    .array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r', '\n\n')), { maxLength: 12 })
    .map((lines) => lines.flat().join(''));
  const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 });
  const property = fc.property(stream, cuts, (text, at) => {
    const whole = new EventParser().push(Buffer.from(`${text}\n`));
    const parser = new EventParser();
    expect(pieces(`${text}\n`, at).flatMap((piece) => parser.push(piece))).toEqual(whole);
  });
  await checkInBatches(property, {
    name: 'event streams',
    share: 0.1,
    runs: 4_000,
    runsPerBatch: 1_000,
    maxGrowthBytes: 40e6,
  });
});

it('property: a list arrives complete however it is cut into pieces, and other bytes are a syntax error', async () => {
  const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 });
  const values = fc.array(fc.jsonValue(), { maxLength: 6 });
  const property = fc.asyncProperty(values, oddValue, oddText, cuts, async (items, head, rest, at) => {
    const text = [...ndjsonBlocks(JSON.parse(JSON.stringify(head)), items)].join('');
    expect(await read(pieces(text, at))).toEqual([JSON.parse(JSON.stringify(head)), ...items.map(asRead)]);
    try {
      await read(pieces(text + rest, at));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  });
  await checkInBatches(property, {
    name: 'NDJSON lists',
    share: 0.1,
    runs: 2_000,
    runsPerBatch: 1_000,
    maxGrowthBytes: 40e6,
  });
});

/** JSON has no negative zero. */
function asRead(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

async function read(chunks: readonly Uint8Array[]): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const values of ndjsonValues(ReadableStream.from(chunks))) found.push(...values);
  return found;
}

/** Answers with the fuzzed response, once the client has learnt the server's protocol. */
function respond(url: string, { call, status, headers, text, cuts }: FuzzedAnswer): Response {
  if (url.endsWith('/whoami') && call !== whoami) {
    return new Response(JSON.stringify(whoami?.answer), { headers: { 'content-type': 'application/json' } });
  }
  const body = status === 204 ? null : ReadableStream.from(pieces(text, cuts).filter(({ length }) => length > 0));
  return new Response(body as ReadableStream<Uint8Array> | null, { status, headers });
}

/** The entries of an accepted table are usable: times are integers, and paths name files in the folder. */
function checkTable({ files }: Awaited<ReturnType<Client['files']>>): void {
  for (const file of files) {
    if (!('deleted' in file)) expect(typeof file.mtimeNs).toBe('bigint');
    expect(file.path.split('/')).not.toContain('..');
  }
}
