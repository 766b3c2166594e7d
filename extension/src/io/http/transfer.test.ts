import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PalmtreeError } from '../../errors';
import { fillFromBasis } from '../deltas/fillFromBasis';
import { Signature } from '../deltas/signature';
import { patched, signatureOf } from '../deltas/testing/contractFormats';
import { writeDelta } from '../deltas/writeDelta';
import type { TransferProgress } from '../transfer/transferProgress';
import type { Deltas, FileUpload, SessionFiles, TransferRequest } from '../transfer/transferRequest';
import { transferByHttp } from './transfer';

// The pauses before another attempt.
vi.mock('node:timers/promises', () => ({ setTimeout: () => Promise.resolve() }));

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'palmtree-http-'));
  for (const folder of ['root', 'staging']) await mkdir(join(base, folder));
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await rm(base, { recursive: true });
});

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const lost = () => new PalmtreeError('server_unreachable', 'cut', { details: { reason: 'cut' } });

async function* inPieces(bytes: Uint8Array, failure?: Error): AsyncGenerator<Uint8Array, undefined> {
  for (let start = 0; start < bytes.length; start += 100_000) {
    await Promise.resolve();
    yield bytes.subarray(start, start + 100_000);
  }
  if (failure !== undefined) throw failure;
}

async function bytesOf({ body, encoding }: FileUpload): Promise<Buffer> {
  const bytes = Buffer.from(await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer());
  return encoding === undefined ? bytes : zstdDecompressSync(bytes);
}

/** The work of the thread, in this one. */
function deltasIn(folder: string): Deltas {
  const parsed = (bytes: Uint8Array): Signature => Signature.parse(bytes) ?? expect.fail('not a signature');
  return {
    folder,
    writeDelta: (request, signature) => Promise.resolve(writeDelta(request, parsed(signature))),
    fillFromBasis: (request, signature) => Promise.resolve(fillFromBasis(request, parsed(signature))),
  };
}

/** A server whose folder has these files. */
function serverWith(stored: Record<string, Uint8Array>, over: Partial<SessionFiles> = {}) {
  const requests: string[] = [];
  const files: SessionFiles = {
    encodings: ['zstd'],
    put: async (path, upload) => {
      const bytes = await bytesOf(upload);
      requests.push(`put ${path} ${upload.isDelta === true ? 'delta' : upload.offset}`);
      const earlier = stored[path] ?? Buffer.alloc(0);
      stored[path] =
        upload.isDelta === true ? patched(earlier, bytes) : Buffer.concat([earlier.subarray(0, upload.offset), bytes]);
    },
    get: (path, { offset, maxBytes }) => {
      requests.push(`get ${path} ${offset} ${maxBytes}`);
      const bytes = stored[path];
      if (bytes === undefined) return Promise.reject(new PalmtreeError('not_found', 'no such file'));
      return Promise.resolve({
        pieces: inPieces(bytes.subarray(offset, offset + maxBytes)),
        encoding: undefined,
        isRange: true,
      });
    },
    signature: (path) => Promise.resolve(stored[path] === undefined ? undefined : signatureOf(stored[path])),
    ...over,
  };
  return { stored, requests, files };
}

interface Given extends Partial<TransferRequest> {
  readonly files: SessionFiles;
}

function run(direction: 'push' | 'pull', sizes: Record<string, number>, given: Given) {
  return transferByHttp({
    direction,
    carrier: { kind: 'http' },
    deltas: deltasIn(join(base, 'deltas')),
    endpoint: { url: 'ws://palmtree.test/v1/trees/x/sessions/y/rsync', headers: {} },
    session: { module: 'y', password: 'none' },
    root: join(base, 'root'),
    ...(direction === 'pull' ? { staging: join(base, 'staging') } : {}),
    sizes: new Map(Object.entries(sizes)),
    serverRsyncError: () => Promise.resolve(''),
    screen: { write: () => undefined, retrying: () => undefined },
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...given,
  });
}

const inRoot = (path: string) => join(base, 'root', path);
const staged = (path: string) => readFile(join(base, 'staging', path));

describe('a push', () => {
  it('sends each file, compressed where that pays off, and shows names and progress', async () => {
    const text = Buffer.from('again and again '.repeat(60_000));
    const random = randomBytes(700_000);
    await writeFile(inRoot('text'), text);
    await writeFile(inRoot('random'), random);
    await writeFile(inRoot('empty'), '');
    const { stored, files } = serverWith({});
    const shown: string[] = [];
    const progress: TransferProgress[] = [];
    const result = await run(
      'push',
      { text: text.length, random: random.length, empty: 0 },
      {
        files,
        screen: { write: (line) => void shown.push(line), retrying: () => undefined },
        onProgress: (now) => void progress.push(now),
      },
    );
    expect(result.isPartial).toBe(false);
    expect(result.sentBytes).toBeLessThan(710_000);
    expect(stored).toEqual({ text, random, empty: Buffer.alloc(0) });
    for (const name of ['text\n', 'random\n', 'empty\n', '100%', 'sent ']) expect(shown.join('')).toContain(name);
    expect(shown.join('').split('(xfr#3,')).toHaveLength(2);
    const total = text.length + random.length;
    expect(progress.at(-1)).toMatchObject({ files: 3, totalFiles: 3, bytes: total, totalBytes: total });
  });

  it('reports once that everything is sent, however slow it was', async () => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 1_000));
    const random = randomBytes(700_000);
    await writeFile(inRoot('random'), random);
    const { files } = serverWith({});
    const progress: TransferProgress[] = [];
    await run('push', { random: random.length }, { files, onProgress: (one) => void progress.push(one) });
    expect(progress.length).toBeGreaterThan(2);
    expect(progress.filter(({ bytes, totalBytes }) => bytes === totalBytes)).toHaveLength(1);
  });

  it('sends no more than a file had, says which are gone, and follows no symlink', async () => {
    await writeFile(inRoot('grown'), 'grown');
    await writeFile(inRoot('secret'), 'secret');
    await symlink(inRoot('secret'), inRoot('link'));
    const { stored, files } = serverWith({});
    expect(await run('push', { grown: 3, gone: 3, link: 6 }, { files })).toMatchObject({ isPartial: true });
    expect(stored).toEqual({ grown: Buffer.from('gro') });
  });

  it('sends what the server does not have of a file', async () => {
    const bytes = randomBytes(3 << 20);
    const edited = Buffer.concat([bytes.subarray(0, 1_000_000), Buffer.from('inserted'), bytes.subarray(1_000_100)]);
    for (const path of ['begun', 'edited', 'other', 'whole']) await writeFile(inRoot(path), bytes);
    const server = serverWith({ begun: bytes.subarray(0, 2 << 20), edited, other: randomBytes(2 << 20), whole: bytes });
    const size = bytes.length;
    const { sentBytes } = await run('push', { begun: size, edited: size, other: size, whole: size }, server);
    expect(server.requests.sort()).toEqual([
      'put begun 2097152',
      'put edited delta',
      'put other 0',
      `put whole ${size}`,
    ]);
    expect(sentBytes).toBeLessThan(size + (1 << 20) + 20_000);
    for (const path of ['begun', 'edited', 'other', 'whole']) {
      expect(sha256(server.stored[path] ?? Buffer.alloc(0))).toBe(sha256(bytes));
    }
    expect(await readdir(join(base, 'deltas'))).toEqual([]);
  });

  it('ends with the reason for which the server cut it', async () => {
    await writeFile(inRoot('a'), 'a');
    const { files } = serverWith({}, { put: () => Promise.reject(lost()) });
    const serverRsyncError = () => Promise.reject(new PalmtreeError('storage_full', 'full'));
    await expect(run('push', { a: 1 }, { files, serverRsyncError })).rejects.toMatchObject({ code: 'storage_full' });
  });

  it('waits once for a server that all its requests have lost', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    for (const path of ['a', 'b', 'c', 'd']) await writeFile(inRoot(path), path);
    let failures = 4;
    const pauses: number[] = [];
    const server = serverWith({});
    const put: SessionFiles['put'] = (...args) => (failures-- > 0 ? Promise.reject(lost()) : server.files.put(...args));
    const screen = {
      write: () => undefined,
      retrying: (_: PalmtreeError, pauseMs: number) => void pauses.push(pauseMs),
    };
    await run('push', { a: 1, b: 1, c: 1, d: 1 }, { files: { ...server.files, put }, screen });
    expect(pauses).toEqual([500]);
    expect(Object.keys(server.stored).sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('gives up a file that fails each time, however much of it has been sent', async () => {
    await writeFile(inRoot('a'), randomBytes(2 << 20));
    let attempts = 0;
    const put: SessionFiles['put'] = async (_path, upload) => {
      await bytesOf(upload);
      attempts++;
      throw new PalmtreeError('internal', 'failed');
    };
    const { files } = serverWith({}, { put });
    await expect(run('push', { a: 2 << 20 }, { files })).rejects.toMatchObject({ code: 'internal' });
    expect(attempts).toBe(100);
  });

  it('sends a file whole if there is no place for its delta', async () => {
    const bytes = randomBytes(3 << 20);
    await writeFile(inRoot('a'), bytes);
    await writeFile(join(base, 'deltas'), 'no folder');
    const server = serverWith({ a: randomBytes(3 << 20) });
    expect(await run('push', { a: bytes.length }, server)).toMatchObject({ isPartial: false });
    expect(server.requests).toEqual(['put a 0']);
    expect(sha256(server.stored['a'] ?? Buffer.alloc(0))).toBe(sha256(bytes));
  });

  it('that is cancelled ends at once', async () => {
    await writeFile(inRoot('a'), 'a');
    const abort = new AbortController();
    const { files } = serverWith(
      {},
      {
        put: (_path, _upload, { signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(lost()));
            abort.abort();
          }),
      },
    );
    await expect(run('push', { a: 1 }, { files, signal: abort.signal })).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('a pull', () => {
  it('receives each file, and says which the server does not have', async () => {
    const { files } = serverWith({ 'folder/a': Buffer.from('content'), empty: Buffer.alloc(0) });
    expect(await run('pull', { 'folder/a': 7, empty: 0, gone: 3 }, { files })).toMatchObject({ isPartial: true });
    expect((await staged('folder/a')).toString()).toBe('content');
    expect((await staged('empty')).length).toBe(0);
  });

  it('goes on where its line was cut, without asking', async () => {
    const bytes = randomBytes(500_000);
    let isFirst = true;
    const server = serverWith({ a: bytes });
    const get: SessionFiles['get'] = async (...args) => {
      const response = await server.files.get(...args);
      if (!isFirst) return response;
      isFirst = false;
      return { ...response, pieces: inPieces(bytes.subarray(0, 300_000), lost()) };
    };
    await run('pull', { a: bytes.length }, { files: { ...server.files, get } });
    expect(server.requests).toEqual(['get a 0 500000', 'get a 300000 200000']);
    expect(sha256(await staged('a'))).toBe(sha256(bytes));
  });

  it('takes what it can from an interrupted pull and from the workspace folder', async () => {
    const bytes = randomBytes(3 << 20);
    await writeFile(join(base, 'staging/begun'), bytes.subarray(0, 2 << 20), { mode: 0o444 });
    await writeFile(join(base, 'staging/other'), randomBytes(4 << 20));
    await writeFile(inRoot('edited'), Buffer.concat([Buffer.from('inserted'), bytes.subarray(100)]));
    const server = serverWith({ begun: bytes, other: bytes, edited: bytes });
    const size = bytes.length;
    const { receivedBytes } = await run('pull', { begun: size, other: size, edited: size }, server);
    expect(server.requests.sort()).toEqual(['get begun 2095680 1050048', 'get edited 0 1776', `get other 0 ${size}`]);
    expect(receivedBytes).toBeLessThan(size + (1 << 20) + 100_000);
    for (const path of ['begun', 'other', 'edited']) expect(sha256(await staged(path))).toBe(sha256(bytes));
    expect((await readdir(join(base, 'staging'))).sort()).toEqual(['begun', 'edited', 'other']);
  });

  it.each([
    ['plain', undefined, (bytes: Buffer) => bytes],
    ['compressed', 'zstd', (bytes: Buffer) => zstdCompressSync(bytes)],
  ] as const)('writes no more than the server declared: %s', async (_, encoding, encode) => {
    const body = encode(Buffer.alloc(50_000_000));
    const get: SessionFiles['get'] = () => Promise.resolve({ pieces: inPieces(body), encoding, isRange: true });
    const { files } = serverWith({}, { get });
    const error = await run('pull', { a: 1_000 }, { files }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'too_much_data', details: { paths: ['a'], limit: 1_000 } });
    expect((await staged('a')).length).toBeLessThanOrEqual(1_000);
  });

  it('replaces a link in the staging folder instead of following it', async () => {
    await writeFile(inRoot('outside'), 'untouched');
    await symlink(inRoot('outside'), join(base, 'staging/a'));
    const { files } = serverWith({ a: Buffer.from('content') });
    await run('pull', { a: 7 }, { files });
    expect((await staged('a')).toString()).toBe('content');
    expect(await readFile(inRoot('outside'), 'utf8')).toBe('untouched');
  });
});
