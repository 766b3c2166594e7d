import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { put, sha256, symlink } from '../../test/changes';
import { pushDirectly } from '../../test/directPush';
import { failReads } from '../../test/failReads';
import { manyFiles, packFiles, pushPacked, readView } from '../../test/packs';
import { temporaryFolder } from '../../test/temporaryFolder';
import { startTestServer, type TestServer } from '../../test/testServer';
import { withDatabase } from '../database/withDatabase';
import { withoutPurges } from '../database/purgeLock';
import { exportRevision } from '../history/exportRevision';
import { piecesOf } from '../objects/openContent';
import { openContents } from '../objects/openContents';

vi.setConfig({ testTimeout: 120_000 });

let server: TestServer;

beforeEach(async () => {
  server = await startTestServer();
  await server.api.makeTree('tree');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.stop();
});

const gc = (dryRun = false, reported: string[] = []): ReturnType<TestServer['services']['garbage']['collect']> => {
  const { signal } = new AbortController();
  const report = (text: string): void => void reported.push(text);
  return server.services.garbage.collect({ dryRun, purgeBefore: 'now', workShare: 1, signal, report });
};
const objectOf = (content: string | Uint8Array): string => server.services.objects.fileOf(sha256(content));
const isObject = (content: string | Uint8Array): boolean => existsSync(objectOf(content));

/** A megabyte that no compression makes shorter, with an edit for each number but 0. */
function version(number: number): Buffer {
  const bytes = Buffer.alloc(1 << 20);
  let state = 7;
  for (let at = 0; at < bytes.length; at += 4) {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    bytes.writeInt32LE(state, at);
  }
  if (number > 0) bytes.write(`edit ${number}`, number * 100_000);
  return bytes;
}
const versions = Array.from({ length: 4 }, (_, number) => version(number));
const [oldest = Buffer.alloc(0), , , newest = Buffer.alloc(0)] = versions;

async function pushVersions(tree = 'tree'): Promise<void> {
  for (const [base, file] of versions.entries()) await pushDirectly(server, tree, base, { file });
}

async function contentOf(revision: number, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${server.token}`, ...(init.headers as Record<string, string> | undefined) };
  return fetch(`${await server.url()}/v1/trees/tree/content?path=file&revision=${revision}`, { ...init, headers });
}

test('the history takes what differs, and every version is read as before', async () => {
  await pushVersions();
  expect(await gc(true)).toMatchObject({ frozen: { contents: 3, bytes: 3 << 20, storedBytes: 0 } });
  expect(versions.map(isObject)).toEqual([true, true, true, true]);
  const { frozen } = await gc();
  expect(frozen).toMatchObject({ contents: 3, bytes: 3 << 20 });
  expect(frozen.storedBytes).toBeLessThan(1.5 * (1 << 20));
  expect(versions.map(isObject)).toEqual([false, false, false, true]);
  for (const [index, content] of versions.entries()) {
    expect(sha256(await (await contentOf(index + 1)).bytes())).toBe(sha256(content));
  }
  const range = await contentOf(1, { headers: { range: 'bytes=99990-200000' } });
  expect(range.status).toBe(206);
  expect(Buffer.from(await range.bytes()).equals(oldest.subarray(99990, 200001))).toBe(true);
  const { body } = await server.api.beginPull('tree', { revision: 1, paths: ['file'] });
  const view = server.services.sessions.filesFolderOf(body.id);
  expect(sha256(readFileSync(join(view, 'file')))).toBe(sha256(oldest));
  expect(await gc()).toMatchObject({ frozen: { contents: 0 }, chunks: 0, rewritten: { packs: 0 } });
});

test('an old revision is exported without the database of the server', async () => {
  await pushVersions();
  await gc();
  const { trees, entries, contents } = server.services;
  const folder = join(temporaryFolder(), 'out');
  await exportRevision(
    { trees, entries, contents },
    {
      treeName: 'tree',
      revision: 1,
      folder,
      onRead: async () => undefined,
      withContents: (use) =>
        withDatabase(server.dataFolder, (database) => use(openContents(server.dataFolder, database))),
    },
  );
  expect(sha256(readFileSync(join(folder, 'file')))).toBe(sha256(oldest));
});

test('small contents of packs are compressed too, and a pull of the old revision gets all of them', async () => {
  const files = Object.fromEntries(Object.entries(manyFiles('f')).map(([path, content]) => [path, content.repeat(40)]));
  await pushPacked(server, 'tree', 0, files);
  const [pack = ''] = packFiles(server);
  const bytes = statSync(pack).size;
  await pushPacked(server, 'tree', 1, manyFiles('f'));
  const { frozen, rewritten } = await gc();
  expect(frozen.contents).toBeGreaterThan(250);
  expect(rewritten.packs).toBe(1);
  expect(existsSync(pack)).toBe(false);
  expect(frozen.storedBytes).toBeLessThan(bytes / 2);
  const paths = Object.keys(files);
  const { body } = await server.api.beginPull('tree', { revision: 1, paths, packs: true });
  const requested = paths.map((path) => ({ path, size: (files[path] ?? '').length }));
  expect(readView(server, body, requested)).toEqual(new Map(Object.entries(files)));
});

test('a content that several versions have is compressed once', async () => {
  // More versions lie between the two than are looked at together.
  const links = Array.from({ length: 600 }, (_, number) => symlink(`m${number}`, 'a'));
  await pushDirectly(server, 'tree', 0, { a: oldest }, { changes: [put('a', oldest), put('z', oldest), ...links] });
  await pushDirectly(server, 'tree', 1, { a: newest }, { changes: [put('a', newest), put('z', newest)] });
  for (const dryRun of [true, false]) expect(await gc(dryRun)).toMatchObject({ frozen: { contents: 1 } });
});

test('trees share no chunk', async () => {
  await server.api.makeTree('other');
  await pushVersions();
  // Another content, almost all of whose chunks the other tree has.
  await pushDirectly(server, 'other', 0, { file: version(9) });
  await pushDirectly(server, 'other', 1, { file: 'new' });
  const { frozen } = await gc();
  expect(frozen).toMatchObject({ contents: 4 });
  expect(frozen.storedBytes).toBeGreaterThan(2 << 20);
});

test('a cold content that a push names is found, and an object again after the next gc, as a basis for rsync', async () => {
  await pushVersions();
  await gc();
  const begun = await server.api.beginPush('tree', { base: 4, changes: [put('file', oldest)] });
  expect(begun.body.upload).toEqual([]);
  expect(await server.api.commit('tree', begun.body.id)).toMatchObject({ status: 200, body: { revision: 5 } });
  expect(sha256(await (await contentOf(5)).bytes())).toBe(sha256(oldest));
  expect(await gc()).toMatchObject({ frozen: { contents: 1 } });
  expect([isObject(oldest), isObject(newest)]).toEqual([true, false]);
  expect(statSync(objectOf(oldest)).mode & 0o777).toBe(0o444);
  expect(sha256(readFileSync(objectOf(oldest)))).toBe(sha256(oldest));
});

test('a reader that has opened a composed content reads all of it, although gc makes it an object meanwhile', async () => {
  for (const [base, file] of [oldest, 'new'].entries()) await pushDirectly(server, 'tree', base, { file });
  await gc();
  await pushDirectly(server, 'tree', 2, { file: oldest });
  const opened = await server.services.contents.open({ hash: sha256(oldest), size: oldest.length });
  expect((await gc()).rewritten.packs).toBe(1);
  expect(isObject(oldest)).toBe(true);
  const pieces: Buffer[] = [];
  for await (const piece of piecesOf(opened ?? expect.unreachable(), oldest.length)) pieces.push(piece);
  await opened?.close();
  expect(sha256(Buffer.concat(pieces))).toBe(sha256(oldest));
});

test('an object with a sector that the disk cannot read stays, and gc does the rest', async () => {
  await pushVersions();
  const damaged = versions[1] ?? '';
  await failReads(objectOf(damaged));
  expect((await gc()).frozen.contents).toBe(2);
  expect(isObject(damaged)).toBe(true);
});

test('a pack of chunks with such a sector stays, and a pull leaves only the contents out that need it', async () => {
  const rest = oldest.subarray(0, 100_000).toReversed();
  await pushDirectly(server, 'tree', 0, { file: oldest, rest, other: 'other' });
  await pushDirectly(server, 'tree', 1, { file: 'new', rest: 'new' });
  await gc();
  const [pack = ''] = packFiles(server);
  await failReads(pack);
  await server.database.deleteFrom('versions').where('path', '=', 'file').where('revision', '=', 1).execute();
  expect(await gc()).toMatchObject({ rewritten: { packs: 0 } });
  expect(packFiles(server)).toEqual([pack]);
  const { status, body } = await server.api.beginPull('tree', { revision: 1, paths: ['rest', 'other'] });
  expect(status).toBe(201);
  const view = server.services.sessions.filesFolderOf(body.id);
  expect(readFileSync(join(view, 'other'), 'utf8')).toBe('other');
});

test('gc takes no room that a push was promised', async () => {
  await pushVersions();
  const { space } = server.services;
  const freeBytes = 1 << 30;
  const promisedBytes = freeBytes - (1 << 19);
  vi.spyOn(space, 'state').mockResolvedValue({ freeBytes, keptBytes: 0, isScarce: false });
  await space.promise('push', promisedBytes);
  expect((await gc()).frozen.contents).toBe(0);
  expect(versions.map(isObject)).toEqual([true, true, true, true]);
  space.release('push');
  expect((await gc()).frozen.contents).toBe(3);
  await pushDirectly(server, 'tree', 4, { file: oldest });
  await space.promise('push', promisedBytes);
  await gc();
  expect(isObject(oldest)).toBe(false);
  space.release('push');
  await gc();
  expect(isObject(oldest)).toBe(true);
});

test('gc can be cancelled while it reads a content', async () => {
  await pushVersions();
  const controller = new AbortController();
  const { chunks } = server.services.contents;
  const read = chunks.read.bind(chunks);
  // The only chunks that this gc reads are those of the content that it has composed.
  const reads = vi.spyOn(chunks, 'read').mockImplementation(async (...args) => {
    controller.abort(new Error('cancelled'));
    return read(...args);
  });
  const { signal } = controller;
  const request = { dryRun: false, purgeBefore: 'now', workShare: 1, signal, report: () => undefined } as const;
  await expect(server.services.garbage.collect(request)).rejects.toThrow('cancelled');
  expect(reads).toHaveBeenCalledOnce();
});

test('chunks are given up for the object of another push only if that is whole', async () => {
  await pushVersions();
  await gc();
  const begun = await server.api.beginPush('tree', { base: 4, changes: [put('file', oldest)] });
  await server.api.commit('tree', begun.body.id);
  await server.api.makeTree('other');
  await pushDirectly(server, 'other', 0, { file: oldest });
  flip(objectOf(oldest));
  await gc();
  expect(sha256(await (await contentOf(5)).bytes())).toBe(sha256(oldest));
  expect(sha256(readFileSync(objectOf(oldest)))).toBe(sha256(oldest));
});

test('what a session pins stays as it is, and so does everything while a backup runs', async () => {
  await pushVersions();
  const { body } = await server.api.beginPush('tree', { base: 4, changes: [put('copy', oldest)] });
  await withoutPurges(server.dataFolder, new AbortController().signal, async () => {
    expect(await gc()).toMatchObject({ frozen: { contents: 0 } });
  });
  expect(versions.map(isObject)).toEqual([true, true, true, true]);
  expect(await gc()).toMatchObject({ frozen: { contents: 2 } });
  expect(versions.map(isObject)).toEqual([true, false, false, true]);
  await server.api.end('tree', 'pushes', body.id);
  expect(await gc()).toMatchObject({ frozen: { contents: 1 } });
});

test('chunks go with the last content that has them', async () => {
  await pushVersions();
  await gc();
  await server.database.deleteFrom('versions').where('revision', '<', 3).execute();
  expect((await gc(true)).chunks).toBeGreaterThan(0);
  expect((await gc()).chunks).toBeGreaterThan(0);
  expect(sha256(await (await contentOf(3)).bytes())).toBe(sha256(versions[2] ?? ''));
  await server.database.deleteFrom('versions').where('revision', '<', 4).execute();
  await gc();
  expect(packFiles(server)).toEqual([]);
  expect(await server.database.selectFrom('chunks').select('id').execute()).toEqual([]);
});

test('an object to which the disk gives no access stays and is named, and gc does the rest', async () => {
  await pushVersions();
  const { objects } = server.services;
  const [, bad = Buffer.alloc(0)] = versions;
  for (const method of ['has', 'open', 'remove'] as const) {
    const original = objects[method].bind(objects) as (argument: unknown) => never;
    vi.spyOn(objects, method).mockImplementation((argument: unknown) => {
      const hash = typeof argument === 'string' ? argument : (argument as { hash: string }).hash;
      if (hash === sha256(bad)) throw Object.assign(new Error('EIO'), { code: 'EIO', path: objectOf(bad) });
      return original(argument);
    });
  }
  writeFileSync(objectOf('litter'), 'litter');
  const reported: string[] = [];
  expect(await gc(false, reported)).toMatchObject({ frozen: { contents: 2 }, contents: { files: 1 } });
  expect(reported.join()).toContain(`${objectOf(bad)} cannot be accessed (EIO)`);
  expect(versions.map(isObject)).toEqual([false, true, false, true]);
});

/** Bytes of all contents in the data folder. */
function contentBytes(): number {
  const folders = ['objects', 'packs'].map((name) => join(server.dataFolder, name));
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => statSync(join(folder, name))),
  );
  return files.reduce((sum, stats) => sum + (stats.isFile() ? stats.size : 0), 0);
}

test('a disk with room for one content at a time gets all of them frozen', async () => {
  await pushVersions();
  const before = contentBytes();
  vi.spyOn(server.services.space, 'state').mockImplementation(() => {
    return Promise.resolve({ freeBytes: 1.5 * (1 << 20) - (contentBytes() - before), keptBytes: 0, isScarce: false });
  });
  expect((await gc()).frozen.contents).toBe(3);
  expect(versions.map(isObject)).toEqual([false, false, false, true]);
});

test('a disk that gets full gets smaller packs', async () => {
  await pushVersions();
  const { packs } = server.services.contents;
  const begin = packs.begin.bind(packs);
  vi.spyOn(packs, 'begin').mockImplementation(async () => {
    const writer = await begin();
    const append = writer.append.bind(writer);
    vi.spyOn(writer, 'append').mockImplementation(async (bytes) => {
      if (writer.bytes + bytes.length > 800_000) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      return append(bytes);
    });
    return writer;
  });
  expect((await gc()).frozen.contents).toBe(3);
  for (const [index, content] of versions.entries()) {
    expect(sha256(await (await contentOf(index + 1)).bytes())).toBe(sha256(content));
  }
});

test('chunks that the database does not accept leave no file', async () => {
  await pushVersions();
  vi.spyOn(server.services.contents.chunks.repository, 'addPack').mockRejectedValue(new Error('refused'));
  await expect(gc()).rejects.toThrow('refused');
  expect(packFiles(server)).toEqual([]);
  expect(versions.map(isObject)).toEqual([true, true, true, true]);
});

test.each([
  ['names other chunks', { chunks: Uint8Array.of(2) }],
  ['has another size', { size: 5 }],
])('a recipe that %s is not taken for the content, and a push of it repairs that', async (_what, damage) => {
  await pushVersions();
  await gc();
  const hash = Buffer.from(sha256(oldest), 'hex');
  await server.database.updateTable('recipes').set(damage).where('hash', '=', hash).execute();
  expect(await server.services.contents.has({ hash: sha256(oldest), size: oldest.length })).toBe(false);
  await pushDirectly(server, 'tree', 4, { copy: oldest });
  await pushDirectly(server, 'tree', 5, { copy: 'another' });
  expect((await gc()).frozen.contents).toBe(1);
  expect(isObject(oldest)).toBe(false);
  expect(sha256(await (await contentOf(1)).bytes())).toBe(sha256(oldest));
});

test('a damaged object is not frozen, and a damaged chunk is stored again by the next content that has it', async () => {
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = versions;
  const third = version(5);
  await pushDirectly(server, 'tree', 0, { file: first });
  await pushDirectly(server, 'tree', 1, { file: second });
  await gc();
  flip(packFiles(server)[0] ?? '');
  await expect(contentOf(1).then((response) => response.bytes())).rejects.toThrow('terminated');
  await pushDirectly(server, 'tree', 2, { file: third });
  expect((await gc()).frozen.contents).toBe(0);
  expect(isObject(second)).toBe(true);
  expect((await gc()).frozen.contents).toBe(1);
  expect(sha256(await (await contentOf(1)).bytes())).toBe(sha256(first));

  flip(objectOf(third));
  await pushDirectly(server, 'tree', 3, { file: 'new' });
  expect((await gc()).frozen.contents).toBe(0);
  expect(isObject(third)).toBe(true);
});

function flip(file: string): void {
  const bytes = readFileSync(file);
  bytes[5000] = (bytes[5000] ?? 0) ^ 1;
  chmodSync(file, 0o644);
  writeFileSync(file, bytes);
}
