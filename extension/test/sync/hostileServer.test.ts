import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { nodeBinary } from '../../scripts/paths.mts';
import type { PalmtreeError } from '../../src/errors';
import { Client } from '../../src/io/api/client';
import { drained, HostileServer, sendForEver, sendJson } from '../support/servers/hostileServer';

const maxGrowth = 100_000_000;
let folder = '';
let script = '';
let server: HostileServer | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palmtree-measured-'));
  script = join(folder, 'measuredClient.mjs');
  const entry = join(import.meta.dirname, '../support/measuredClient.ts');
  const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
  await build({ entryPoints: [entry], outfile: script, bundle: true, platform: 'node', format: 'esm', banner });
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** The error and the growth of a client's process that runs `command` against a server with this answer. */
async function attacked(command: string, answer: (response: ServerResponse) => void | Promise<void>) {
  server = await HostileServer.start(answer);
  const { stdout } = await promisify(execFile)(nodeBinary, [script, command, server.url]);
  return JSON.parse(stdout) as { code: string; grownBytes: number };
}

const megabyte = (text: string): Buffer => Buffer.alloc(1 << 20, text);
const head = (count: number): string => `${JSON.stringify({ revision: 1, id: 'i', folders: [], count })}\n`;
const line = (path: string): string =>
  `${JSON.stringify({ path, kind: 'file', size: 1, mtimeNs: '0', mode: 420, hash: '0'.repeat(64), revision: 1 })}\n`;

/** A gigabyte of spaces, which takes a megabyte. */
function bomb(): Buffer {
  const member = gzipSync(Buffer.alloc(64 << 20, ' '));
  return Buffer.concat(Array.from({ length: 16 }, () => member));
}

const emptyLists = Buffer.from(`${head(1_000_000)}${'[]\n'.repeat(300_000)}`);

/** A body of JSON with `head` before its list. */
function sendLists(response: ServerResponse, bytes: number, head = '{"trees":'): void {
  const lists = ',[]'.repeat(Math.floor((bytes - head.length) / 3) - 2);
  response.writeHead(200, { 'content-type': 'application/json' }).end(`${head}[[]${lists}]}`);
}

/** Deletions: they are the shortest lines, so that a gigabyte has 25 million. */
async function sendTable(response: ServerResponse, count: number): Promise<void> {
  response.write(head(count));
  for (let sent = 0; sent < count && !response.destroyed; sent += 1_000) {
    const lines = Array.from({ length: 1_000 }, (_, i) => `{"path":"${sent + i}","deleted":true,"revision":1}\n`);
    if (!response.write(lines.join(''))) await drained(response);
  }
  response.end();
}

describe('a hostile server', () => {
  it.each<[string, string, string, (response: ServerResponse) => void | Promise<void>]>([
    [
      'as much JSON of empty lists as is read',
      'trees',
      'not_a_palmtree_server',
      (response) => sendLists(response, 1_600_000),
    ],
    [
      'a comparison of empty lists',
      'compare',
      'too_much_data',
      (response) => sendLists(response, 80_000_000, '{"from":0,"to":1,"changes":'),
    ],
    [
      'a revision of empty lists',
      'revision',
      'too_much_data',
      (response) => sendLists(response, 80_000_000, '{"revision":{},"changes":'),
    ],
    ['a table of empty lists', 'files', 'not_a_palmtree_server', (response) => sendForEver(response, emptyLists)],
    [
      'a table of more files than a tree may have',
      'files',
      'too_much_data',
      (response) => sendTable(response, 2_000_000),
    ],
    ['endless JSON', 'trees', 'too_much_data', (response) => sendForEver(response, megabyte('[['))],
    ['an endless answer to a push', 'push', 'too_much_data', (response) => sendForEver(response, megabyte('[['))],
    [
      'a gzip bomb',
      'trees',
      'too_much_data',
      (response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb()),
    ],
    [
      'an error body without end',
      'trees',
      'too_much_data',
      (response) => sendForEver(response.writeHead(403), megabyte('x')),
    ],
    [
      'an error body without end for a table',
      'files',
      'proxy_refused',
      (response) => sendForEver(response.writeHead(403), megabyte('x')),
    ],
    [
      'an error body without end for events',
      'events',
      'proxy_refused',
      (response) => sendForEver(response.writeHead(403), megabyte('x')),
    ],
    [
      'gigabytes for a file of one byte',
      'content',
      'too_much_data',
      (response) => sendForEver(response, megabyte('x')),
    ],
    ['a table of one endless line', 'files', 'too_much_data', (response) => sendForEver(response, megabyte('x'))],
    [
      'a table with an endless entry',
      'files',
      'too_much_data',
      (response) => (response.write(head(1)), sendForEver(response, megabyte('x'))),
    ],
    [
      'more entries than announced',
      'files',
      'not_a_palmtree_server',
      (response) => (response.write(head(1)), sendForEver(response, Buffer.from(line('a').repeat(5_000)))),
    ],
    [
      'an event without end',
      'events',
      'too_much_data',
      (response) => sendForEver(response.writeHead(200, { 'content-type': 'text/event-stream' }), megabyte('data: x')),
    ],
    [
      'an endless page instead of events',
      'events',
      'not_a_palmtree_server',
      (response) => sendForEver(response.writeHead(200, { 'content-type': 'text/html' }), megabyte('x')),
    ],
  ])('with %s is given up with an error code, and takes little memory', async (_, command, code, answer) => {
    const result = await attacked(command, answer);
    expect(result.code).toBe(code);
    expect(result.grownBytes).toBeLessThan(maxGrowth);
  });

  it('with as many files as a tree may have takes a fixed amount of memory for each', async () => {
    const result = await attacked('files', (response) => sendTable(response, 1_000_000));
    expect(result.code).toBe('none');
    expect(result.grownBytes).toBeLessThan(maxGrowth + 1_000_000 * 400);
  });

  it('with a content of unknown size that is too large to show is given up', async () => {
    const result = await attacked('unknownContent', (response) => sendForEver(response, megabyte('x')));
    expect(result.code).toBe('content_too_large');
    // The 64 MB that may be shown are in memory twice, in pieces and as a whole.
    expect(result.grownBytes).toBeLessThan(maxGrowth + 2 * (64 << 20));
  });

  it.each([
    ['an id with a query', { id: 'a?b' }],
    ['an id with a line break', { id: `${'a'.repeat(32)}\n` }],
    ['a module with a path', { module: '../../etc' }],
    ['a module with a NUL', { module: 'a\0b' }],
    ['a password with a NUL', { password: 'a\0b' }],
    ['a password that is too long for the system', { password: 'a'.repeat(200_000) }],
  ])('whose session has %s is refused before rsync runs', async (_, attack) => {
    const session = { id: 'a'.repeat(32), module: 'a'.repeat(32), password: 'p', ...attack };
    server = await HostileServer.start((response) => sendJson(response, session, 201));
    const client = new Client(server.url, 'token');
    await expect(client.beginPull('t', { revision: 1, paths: ['a'] })).rejects.toMatchObject({
      code: 'not_a_palmtree_server',
    });
  });

  it('that fails forever is asked a few times, and named', async () => {
    const failed = { error: { code: 'internal', message: 'x'.repeat(1_000_000) } };
    server = await HostileServer.start((response) => sendJson(response, failed, 500));
    const error = (await new Client(server.url, 'token')
      .files('t', 0)
      .catch((reason: unknown) => reason)) as PalmtreeError;
    expect(error.code).toBe('internal');
    expect(error.details.reason).toHaveLength(1_000);
    expect(server.requests).toHaveLength(3);
  });

  it('with a table that drips is given up as too slow', async () => {
    const result = await attacked('files', (response) => {
      response.write(head(1));
      const drip = setInterval(() => response.write(' '), 100);
      response.on('close', () => clearInterval(drip));
    });
    expect(result.code).toBe('too_slow');
  });
});
