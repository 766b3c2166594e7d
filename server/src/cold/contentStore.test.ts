import { randomBytes } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../test/changes';
import { temporaryFolder } from '../../test/temporaryFolder';
import { ChunkBatch } from './chunkBatch';
import { chunksOf } from './chunkCutter';
import { openDatabase, type Database } from '../database/openDatabase';
import type { Content } from '../objects/content';
import type { ContentStore } from '../objects/contentStore';
import { fileContent, piecesOf } from '../objects/openContent';
import { openContents } from '../objects/openContents';
import type { StoredPack } from '../objects/packs/packRepository';

let folder: string;
let database: Database;
let contents: ContentStore;

beforeEach(async () => {
  folder = temporaryFolder();
  database = await openDatabase(folder);
  contents = openContents(folder, database);
});
afterEach(() => database.destroy());

const contentOf = (bytes: Buffer): Content => ({ hash: sha256(bytes), size: bytes.length });
const large = Buffer.from(Array.from({ length: 60_000 }, (_, row) => `row ${row} of a table;`).join('')).subarray(
  0,
  900_000,
);
const small = Buffer.from('a small content');
const absent = contentOf(Buffer.from('an absent content'));

/** A file with these bytes outside the data folder. */
function fileWith(bytes: Buffer): string {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, bytes);
  return file;
}

/** The ways in which a content can be stored. */
const ways = {
  'a whole object': async (bytes: Buffer) => contents.objects.store(fileWith(bytes), contentOf(bytes)),
  'a slice of a pack': async (bytes: Buffer) => {
    const before = Buffer.from('another content');
    const file = fileWith(Buffer.concat([before, bytes]));
    const slices = [
      { ...contentOf(before), offset: 0 },
      { ...contentOf(bytes), offset: before.length },
    ];
    expect(await contents.packs.add(file, slices)).toHaveLength(2);
  },
  'a recipe of chunks': async (bytes: Buffer) => {
    const opened = fileContent(await open(fileWith(bytes)));
    const batch = new ChunkBatch(1, contents);
    const chunks: string[] = [];
    for await (const window of chunksOf(opened, bytes.length)) chunks.push(...(await batch.addChunks(window)));
    await opened.close();
    batch.addContent({ ...contentOf(bytes), chunks });
    expect(await batch.store()).toHaveLength(1);
  },
};

/** The file that has the content. */
function storedFile(): string {
  const names = ['objects', 'packs'].flatMap((name) =>
    readdirSync(join(folder, name), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, name, path)),
  );
  const [file = ''] = names.filter((name) => statSync(name).isFile());
  return file;
}

async function written(content: Content): Promise<Buffer | undefined> {
  const file = join(temporaryFolder(), 'copy');
  const [slice] = (await contents.packed([content])).values();
  const isWritten = (await contents.copyTo(file, content, slice)) || (await contents.compose(file, content));
  return isWritten ? readFileSync(file) : undefined;
}

async function allBytes(content: Content): Promise<Buffer> {
  const opened = await contents.open(content);
  if (opened === undefined) throw new Error('the content is not stored');
  const pieces: Buffer[] = [];
  for await (const piece of piecesOf(opened, content.size)) pieces.push(Buffer.from(piece));
  await opened.close();
  return Buffer.concat(pieces);
}

describe.each(Object.entries(ways))('%s', (_title, store) => {
  const content = contentOf(large);

  test('is found by its hash and size', async () => {
    await store(large);
    expect(await contents.has(content)).toBe(true);
    expect(await contents.has({ ...content, size: content.size - 1 })).toBe(false);
    expect(await contents.stored([absent, content])).toEqual(new Set([content.hash]));
    expect(await contents.hashes(content.hash.slice(0, 2))).toContain(content.hash);
    expect((await contents.usage(new AbortController().signal)).files).toBe(1);
  });

  test('is read from its beginning and from any byte', async () => {
    await store(large);
    expect((await allBytes(content)).equals(large)).toBe(true);
    const opened = await contents.open(content);
    for (const position of [0, 1, 4_096, 77_777, 500_000, large.length - 1]) {
      const bytes = await opened?.read(position, 100);
      expect(bytes?.length).toBeGreaterThan(0);
      expect(bytes?.equals(large.subarray(position, position + (bytes?.length ?? 0)))).toBe(true);
    }
    await opened?.close();
  });

  test('is written to another file', async () => {
    await store(large);
    expect((await written(content))?.equals(large)).toBe(true);
  });

  test('is whole', async () => {
    await store(large);
    expect(await contents.inspect(content, false)).toEqual({ state: 'whole', size: large.length });
    expect(await contents.inspect({ hash: content.hash }, true)).toEqual({ state: 'whole', size: large.length });
    expect(await contents.findDamaged([content, absent])).toEqual(new Set([absent.hash]));
    expect(await contents.isIntact(content)).toBe(true);
  });

  test('is read at once if it is small', async () => {
    await store(small);
    const [slice] = (await contents.packed([contentOf(small)])).values();
    expect((await contents.readSmall(contentOf(small), slice))?.equals(small)).toBe(true);
  });

  test('is damaged when a byte has changed', async () => {
    await store(large);
    const file = storedFile();
    const bytes = readFileSync(file);
    bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
    chmodSync(file, 0o644);
    writeFileSync(file, bytes);
    expect((await contents.inspect(content, false)).state).not.toBe('whole');
    expect(await contents.findDamaged([content])).toEqual(new Set([content.hash]));
  });

  test.each([
    ['missing', (file: string) => rmSync(file)],
    ['truncated', (file: string) => truncateSync(file, 100)],
  ])('is not found when its file is %s', async (_what, harm) => {
    await store(large);
    const file = storedFile();
    chmodSync(file, 0o644);
    harm(file);
    expect(await contents.has(content)).toBe(false);
    expect(await contents.open(content)).toBeUndefined();
    expect(await contents.findDamaged([content])).toEqual(new Set([content.hash]));
  });

  test('is gone when it is removed', async () => {
    await store(large);
    await contents.remove([content.hash]);
    expect(await contents.has(content)).toBe(false);
    expect(await contents.hashes(content.hash.slice(0, 2))).not.toContain(content.hash);
    expect(await contents.inspect(content, false)).toEqual({ state: 'missing' });
    expect(await written(content)).toBeUndefined();
  });

  test('may be stored in another way, too', async () => {
    await store(large);
    for (const other of Object.values(ways)) if (other !== store) await other(large);
    expect((await allBytes(content)).equals(large)).toBe(true);
    await contents.remove([content.hash]);
    expect(await contents.has(content)).toBe(false);
  });
});

test('a content of many chunks in many packs is read from any byte, even when its chunks move meanwhile', async () => {
  const huge = randomBytes(6 << 20);
  const batch = new ChunkBatch(1, contents);
  const chunks: string[] = [];
  const source = fileContent(await open(fileWith(huge)));
  for await (const window of chunksOf(source, huge.length)) {
    chunks.push(...(await batch.addChunks(window)));
    await batch.store();
  }
  await source.close();
  batch.addContent({ ...contentOf(huge), chunks });
  await batch.store();
  const opened = (await contents.open(contentOf(huge))) ?? expect.unreachable();
  for (const position of [huge.length - 1, 0]) expect((await opened.read(position, 1))[0]).toBe(huge[position]);
  const packs: StoredPack[] = [];
  for await (const pack of contents.packs.list()) packs.push(pack);
  for (const pack of packs) {
    const writer = await contents.packs.begin();
    const moved = await contents.packs.copyChunks(pack, await contents.packs.chunksOf(pack), writer);
    await contents.packs.replace([pack], writer, { slices: [], chunks: moved ?? [] });
    contents.packs.retire(pack.name, 'now');
  }
  const pieces: Buffer[] = [];
  for await (const piece of piecesOf(opened, huge.length)) pieces.push(Buffer.from(piece));
  await opened.close();
  expect(Buffer.concat(pieces).equals(huge)).toBe(true);
});
