import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { sha256 } from '../changes';
import { buildServer, runCommand } from '../childServer';
import { pushDirectly } from '../directPush';
import { packFiles } from '../packs';
import { temporaryFolder } from '../temporaryFolder';
import type { GcResult } from '../../src/gc/garbageCollector';
import { startTestServer, type TestServer } from '../testServer';

// The commands have the lowest priority, so a busy machine lets them wait.
vi.setConfig({ testTimeout: 120_000 });

let bundle: string;
let server: TestServer;
const first = randomBytes(200_000);
const second = Buffer.concat([first, Buffer.from('an appended line')]);

beforeAll(async () => {
  bundle = await buildServer();
});
beforeEach(async () => {
  server = await startTestServer();
  await server.api.makeTree('tree');
  await pushDirectly(server, 'tree', 0, { file: first, small: 'a small content of the history '.repeat(20) });
  await pushDirectly(server, 'tree', 1, { file: second, small: 'b' });
  await pushDirectly(server, 'tree', 2, { file: 'c' });
  await collect();
});
afterEach(() => server.stop());

function collect(): Promise<GcResult> {
  const { signal } = new AbortController();
  const request = { dryRun: false, purgeBefore: 'now', workShare: 1, signal, report: () => undefined } as const;
  return server.services.garbage.collect(request);
}

const run = (...args: string[]) => runCommand(bundle, args);
const verify = (...args: string[]) => run('verify', '--data', server.dataFolder, ...args);

test('verify reads the chunks, and names every version that a damaged one spoils', async () => {
  expect(await verify()).toMatchObject({ code: 0, stdout: expect.stringContaining('Verified 5 contents') });
  const [pack = ''] = packFiles(server);
  const bytes = readFileSync(pack);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  chmodSync(pack, 0o644);
  writeFileSync(pack, bytes);
  expect(await verify('--quick')).toMatchObject({ code: 0 });
  for (const args of [['--dry-run'], [], []]) {
    const { code, stdout } = await verify(...args);
    expect([code, stdout.trimEnd().split('\n').length]).toEqual([1, 3]);
    for (const [revision, content] of [
      [1, first],
      [2, second],
    ] as const) {
      expect(stdout).toContain(`"file"@${revision} of tree: the content ${sha256(content)} has`);
    }
  }
  // The next gc stores the chunk again, for all contents that have it.
  await pushDirectly(server, 'tree', 3, { file: Buffer.concat([first, Buffer.from('another line')]) });
  await pushDirectly(server, 'tree', 4, { file: 'd' });
  await collect();
  expect(await verify()).toMatchObject({ code: 0 });
});

test('a missing pack is found by a quick verify', async () => {
  for (const pack of packFiles(server)) rmSync(pack);
  const { code, stdout } = await verify('--quick');
  expect([code, stdout.trimEnd().split('\n').length]).toEqual([1, 4]);
});

test('a backup has the history, and a restore stores it as objects until the next gc', async () => {
  const folder = temporaryFolder();
  const restored = join(folder, 'restored');
  const file = join(folder, 'backup.tar');
  expect(await run('backup', file, '--data', server.dataFolder)).toMatchObject({ code: 0 });
  expect(await run('restore', file, '--data', restored)).toMatchObject({ code: 0 });
  const object = join(restored, 'objects', sha256(first).slice(0, 2), sha256(first));
  expect(sha256(readFileSync(object))).toBe(sha256(first));
  expect(await run('gc', '--data', restored)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/Compressed 3 contents of the history \(401 KB\) into 2\d\d KB\./),
  });
  expect(existsSync(object)).toBe(false);
  expect(await run('verify', '--data', restored)).toMatchObject({ code: 0 });
  const out = join(folder, 'out');
  expect(await run('export', 'tree', '--revision', '2', '--to', out, '--data', restored)).toMatchObject({ code: 0 });
  expect(sha256(readFileSync(join(out, 'file')))).toBe(sha256(second));
});
