import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { packFile, type BeginPush, type PullSession, type PushSession } from '../src/contract/schemas';
import { puts, type Files } from './changes';
import { fillInbox } from './directPush';
import { temporaryFolder } from './temporaryFolder';
import type { TestServer } from './testServer';

/** So many small files that they travel in packs. */
export function manyFiles(prefix: string, count = 300): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, number) => [
      `${prefix}/${String(number).padStart(6, '0')}.txt`,
      `${prefix} ${number} ${'x'.repeat(number % 50)}`,
    ]),
  );
}

/** The files of all packs of a server. */
export function packFiles({ dataFolder }: Pick<TestServer, 'dataFolder'>): string[] {
  const names = readdirSync(join(dataFolder, 'packs'), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.pack')).map((name) => join(dataFolder, 'packs', name));
}

/** The bytes that a client sends for each pack of a push. */
export function packsFor({ packs = [] }: PushSession, files: Files): Buffer[] {
  return packs.map((paths) => Buffer.concat(paths.map((path) => Buffer.from(files[path] ?? ''))));
}

/** Pushes as a client that can send packs, without rsync. Returns the session. */
export async function pushPacked(
  server: TestServer,
  tree: string,
  base: number,
  files: Files,
  over: Partial<BeginPush> = {},
): Promise<PushSession> {
  const { body } = await server.api.beginPush(tree, { base, changes: puts(files), packs: true, ...over });
  for (const [number, bytes] of packsFor(body, files).entries()) putPack(server, body.id, number, bytes);
  fillInbox(server, body.id, Object.fromEntries(body.upload.map((path) => [path, files[path] ?? ''])));
  expect(await server.api.commit(tree, body.id)).toMatchObject({ status: 200, body: { revision: base + 1 } });
  return body;
}

/** Puts a pack into a push's inbox as rsync does: with its mode, and by renaming. */
export function putPack(server: TestServer, id: string, number: number, bytes: Uint8Array): void {
  const file = join(server.services.sessions.filesFolderOf(id), packFile(id, number));
  const source = join(temporaryFolder(), 'pack');
  writeFileSync(source, bytes);
  chmodSync(source, 0o444);
  mkdirSync(dirname(file), { recursive: true });
  renameSync(source, file);
}

/** The contents of a pull's files, read as a client reads them. */
export function readView(
  server: TestServer,
  { id, packs = [] }: PullSession,
  requested: readonly { readonly path: string; readonly size: number }[],
): Map<string, string> {
  const folder = server.services.sessions.filesFolderOf(id);
  const contents = new Map<string, string>();
  for (const [number, { bytes, slices }] of packs.entries()) {
    const pack = readFileSync(join(folder, packFile(id, number)));
    if (pack.length !== bytes) throw new Error(`pack ${number} has ${pack.length} bytes, not ${bytes}`);
    for (const [index, offset] of slices) {
      const file = requested[index];
      if (file === undefined) throw new Error(`pack ${number} names file ${index}`);
      contents.set(file.path, pack.toString('utf8', offset, offset + file.size));
    }
  }
  for (const { path } of requested) {
    if (!contents.has(path)) contents.set(path, readFileSync(join(folder, path), 'utf8'));
  }
  return contents;
}
