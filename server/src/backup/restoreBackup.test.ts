import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { puts } from '../../test/changes';
import { pushDirectly } from '../../test/directPush';
import { temporaryFolder } from '../../test/temporaryFolder';
import { startTestServer, type TestServer } from '../../test/testServer';
import { createBackup } from './createBackup';
import { restoreBackup } from './restoreBackup';

let server: TestServer;
let backup: Buffer;
const large = randomBytes(3 << 20);
const signal = new AbortController().signal;

beforeAll(async () => {
  server = await startTestServer();
  await server.api.makeTree('t');
  const files = { 'a.md': 'first', 'd/large': large, empty: '' };
  await pushDirectly(server, 't', 0, files, { changes: puts(files) });
  backup = await backUp();
});
afterAll(() => server.stop());

async function backUp(): Promise<Buffer> {
  const written: Buffer[] = [];
  const { dataFolder } = server;
  await createBackup({
    dataFolder,
    version: '1.2.3',
    now: new Date(0),
    signal,
    write: async (bytes) => void written.push(bytes),
    onTotal: () => undefined,
    onBytes: () => undefined,
    onLost: () => undefined,
  });
  return Buffer.concat(written);
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += 100_000) yield bytes.subarray(start, start + 100_000);
}

/** Restores into a new folder. Returns the folder's names, and the error if there is one. */
async function restore(bytes: Buffer): Promise<{ names: string[]; error: string }> {
  const dataFolder = join(temporaryFolder(), 'restored');
  mkdirSync(dataFolder);
  const request = { backup: chunksOf(bytes), dataFolder, force: false, signal };
  const error = await restoreBackup({ ...request, onBytes: () => undefined, onLost: () => undefined }).then(
    () => '',
    ({ message }: Error) => message,
  );
  return { names: readdirSync(dataFolder), error };
}

test('the same data gives the same backup, and a whole one is restored', async () => {
  expect((await backUp()).equals(backup)).toBe(true);
  const { names, error } = await restore(backup);
  expect([names.sort(), error]).toEqual([['objects', 'palmtree.sqlite'], '']);
});

test('a truncated backup is refused wherever it ends, and the folder stays empty', async () => {
  const { length } = backup;
  for (const left of [0, 100, 5_000, length - (1 << 20), length - 1_800, length - 1_536]) {
    const { names, error } = await restore(backup.subarray(0, left));
    expect([left, names, error]).toEqual([left, [], expect.stringMatching(/^The backup is truncated after \d+ bytes/)]);
  }
  expect((await restore(backup.subarray(0, length - 1_024))).error).toBe('');
});

test('a flipped bit is refused wherever it is, the words name what it hit, and the folder stays empty', async () => {
  const manifest = backup.lastIndexOf('manifest-');
  const flips: [number, RegExp][] = [
    [3, /is not a backup/],
    [700, /is damaged in its database/],
    [backup.indexOf(large.subarray(0, 64)) + 1_000, /is damaged: the content \w+ of "d\/large"@1 of t\./],
    [backup.lastIndexOf('objects/') + 20, /is damaged at byte \d+\./],
    [manifest + 2, /is damaged at byte \d+\./],
    [manifest + 600, /is damaged in its manifest/],
  ];
  for (const [position, message] of flips) {
    const flipped = Buffer.from(backup);
    flipped[position] = (flipped[position] ?? 0) ^ 1;
    const { names, error } = await restore(flipped);
    expect([position, names, error]).toEqual([position, [], expect.stringMatching(message)]);
  }
});

test('a content that was cut out of the archive is missed', async () => {
  const start = backup.lastIndexOf('objects/');
  const without = Buffer.concat([backup.subarray(0, start), backup.subarray(backup.lastIndexOf('manifest-'))]);
  const { names, error } = await restore(without);
  expect([names, error]).toEqual([[], expect.stringContaining('its contents are not those that its manifest names')]);
});
