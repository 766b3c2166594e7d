import { EventEmitter, once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync, chmodSync } from 'node:fs';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { put } from '../../test/changes';
import { failReads } from '../../test/failReads';
import { manyFiles, packFiles, pushPacked, readView } from '../../test/packs';
import { startTestServer, type TestServer } from '../../test/testServer';
import type { Content } from '../objects/content';
import { withoutPurges } from '../database/purgeLock';
import type { GcResult } from './garbageCollector';

vi.setConfig({ testTimeout: 120_000 });

let server: TestServer;
/** The clock of the disk cannot be set, so that of the server is ahead. */
let now = new Date();
const files = manyFiles('packed');
const paths = Object.keys(files).sort();
const kept = paths.slice(0, 100);
const bytesOf = (some: readonly string[]): number => some.reduce((sum, path) => sum + (files[path] ?? '').length, 0);

beforeEach(async () => {
  now = new Date();
  server = await startTestServer({ now: () => now });
  await server.api.makeTree('tree');
  await pushPacked(server, 'tree', 0, files);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.stop();
});

const gc = (dryRun = false): Promise<GcResult> => {
  const { signal } = new AbortController();
  return server.services.garbage.collect({ dryRun, purgeBefore: 'now', workShare: 1, signal, report: () => undefined });
};

/** As retention does. */
async function forgetVersions(from = kept.length): Promise<void> {
  for (const table of ['versions', 'entries'] as const) {
    await server.database
      .deleteFrom(table)
      .where('path', '>=', paths[from] ?? '')
      .execute();
  }
}

async function expectKept(): Promise<void> {
  const { body } = await server.api.beginPull('tree', { revision: 1, paths: kept });
  const requested = kept.map((path) => ({ path, size: (files[path] ?? '').length }));
  expect(readView(server, body, requested)).toEqual(new Map(kept.map((path) => [path, files[path]])));
}

test('a pack that is mostly dead is replaced by one with what is left of it', async () => {
  const [old = ''] = packFiles(server);
  await forgetVersions(250);
  expect((await gc()).rewritten).toEqual({ packs: 0, bytes: 0 });
  expect(packFiles(server)).toEqual([old]);
  await forgetVersions();
  const freed = { packs: 1, bytes: statSync(old).size - bytesOf(kept) };
  expect((await gc(true)).rewritten).toEqual(freed);
  expect(packFiles(server)).toEqual([old]);
  expect((await gc()).rewritten).toEqual(freed);
  const [rewritten = '', ...others] = packFiles(server);
  expect([rewritten === old, others]).toEqual([false, []]);
  expect([statSync(rewritten).size, statSync(rewritten).mode & 0o777]).toEqual([bytesOf(kept), 0o444]);
  await expectKept();
  expect((await gc()).rewritten).toEqual({ packs: 0, bytes: 0 });
});

test('what is left of several packs becomes one', async () => {
  await pushPacked(server, 'tree', 1, manyFiles('other'));
  expect(packFiles(server)).toHaveLength(2);
  for (const table of ['versions', 'entries'] as const) {
    await server.database.deleteFrom(table).where('path', 'not like', '%00001_.txt').execute();
  }
  expect((await gc()).rewritten.packs).toBe(2);
  expect(packFiles(server)).toHaveLength(1);
  const left = Object.entries({ ...files, ...manyFiles('other') }).filter(([path]) => /00001.\.txt$/.test(path));
  expect(left).toHaveLength(20);
  const puts = left.map(([path, content]) => put(path, content));
  expect(await server.services.contents.findDamaged(puts)).toEqual(new Set());
});

test('a view of a pull that was begun before can still be read', async () => {
  const { body } = await server.api.beginPull('tree', { revision: 1, paths, packs: true });
  expect(body.packs).toHaveLength(1);
  await forgetVersions();
  expect((await gc()).rewritten.packs).toBe(1);
  const requested = paths.map((path) => ({ path, size: (files[path] ?? '').length }));
  expect(readView(server, body, requested)).toEqual(new Map(Object.entries(files)));
});

test('a pack with a slice that a session pins keeps its file for an hour', async () => {
  const [old = ''] = packFiles(server);
  const [path = ''] = kept;
  const { body } = await server.api.beginPush('tree', { base: 1, changes: [put('copy', files[path] ?? '')] });
  expect(body.upload).toEqual([]);
  await forgetVersions();
  expect((await gc()).rewritten.packs).toBe(1);
  expect(packFiles(server)).toHaveLength(2);
  expect(await server.api.commit('tree', body.id)).toMatchObject({ status: 200 });
  await gc();
  expect(existsSync(old)).toBe(true);
  now = new Date(now.getTime() + 2 * 60 * 60 * 1000);
  expect((await gc()).leftovers.files).toBe(1);
  expect(existsSync(old)).toBe(false);
  await expectKept();
});

test('more dead packs than a statement can name are removed', async () => {
  await sql`
    with recursive numbers (number) as (select 1 union all select number + 1 from numbers where number < 11000)
    insert into packs (name, bytes) select 'dead-' || number, 10 from numbers`.execute(server.database);
  expect((await gc()).rewritten).toEqual({ packs: 11_000, bytes: 110_000 });
  expect(packFiles(server)).toHaveLength(1);
});

test('while a backup runs, packs stay', async () => {
  const before = packFiles(server);
  await forgetVersions();
  await withoutPurges(server.dataFolder, new AbortController().signal, async () => {
    expect((await gc()).rewritten.packs).toBe(0);
  });
  expect(packFiles(server)).toEqual(before);
  expect((await gc()).rewritten.packs).toBe(1);
});

test('a damaged pack stays as it is', async () => {
  const [pack = ''] = packFiles(server);
  const bytes = readFileSync(pack);
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  chmodSync(pack, 0o644);
  writeFileSync(pack, bytes);
  await forgetVersions();
  expect((await gc()).rewritten).toEqual({ packs: 0, bytes: 0 });
  expect(packFiles(server)).toEqual([pack]);
});

test('a pack with a sector that the disk cannot read stays as it is', async () => {
  const [pack = ''] = packFiles(server);
  await failReads(pack);
  await forgetVersions();
  expect((await gc()).rewritten).toEqual({ packs: 0, bytes: 0 });
  expect(packFiles(server)).toEqual([pack]);
});

test('readers beside a gc that moves what they read find it', async () => {
  const { contents } = server.services;
  const wanted = paths.slice(0, 3).map((path) => put(path, files[path] ?? ''));
  const view = { revision: 1, paths: wanted.map(({ path }) => path) };
  let isDone = false;
  const reads = new EventEmitter();
  const reading = (async () => {
    for (; !isDone; reads.emit('read')) {
      expect((await contents.stored(wanted)).size).toBe(wanted.length);
      expect(await contents.findDamaged(wanted)).toEqual(new Set());
      for (const content of wanted) {
        const opened = await contents.open(content);
        expect(opened).toBeDefined();
        await opened?.close();
        expect(await contents.inspect(content, false)).toMatchObject({ state: 'whole' });
      }
      const { body } = await server.api.beginPull('tree', view);
      expect(readView(server, body, wanted).size).toBe(wanted.length);
      await server.api.end('tree', 'pulls', body.id);
    }
  })();
  let moved = 0;
  for (let left = 140; left > 3; left = Math.floor(left * 0.45)) {
    // Each round has a read beside it, whichever of the two is faster. A read that fails ends the test.
    const read = Promise.race([once(reads, 'read'), reading]);
    await forgetVersions(left);
    moved += (await gc()).rewritten.packs;
    await read;
  }
  isDone = true;
  await reading;
  expect(moved).toBe(5);
});

test.each([
  ['open', 'opened', (content: Content) => server.services.contents.open(content).then((opened) => opened?.close())],
  ['open', 'verified', (content: Content) => server.services.contents.findDamaged([content])],
  ['inspect', 'inspected', (content: Content) => server.services.contents.inspect(content, false)],
] as const)('a content that moves between its look-up and its %s is found (%s)', async (method, _title, use) => {
  const { packs } = server.services.contents;
  await forgetVersions();
  const original = packs[method].bind(packs) as (...args: unknown[]) => unknown;
  let calls = 0;
  const moveFirst = async (...args: unknown[]): Promise<unknown> => {
    if (calls++ === 0) await gc();
    return original(...args);
  };
  Object.assign(packs, { [method]: moveFirst });
  const [path = ''] = kept;
  const content = put(path, files[path] ?? '');
  await use(content);
  expect(calls).toBe(2);
  expect(await server.services.contents.stored([content])).toEqual(new Set([content.hash]));
  await expectKept();
});
