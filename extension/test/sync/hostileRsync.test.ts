import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Client } from '../../src/io/api/client';
import { transfer } from '../../src/io/transferFiles';
import { startHostileRsync } from '../support/servers/hostileRsync';

let base: string;
let server: Awaited<ReturnType<typeof startHostileRsync>>;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'palmtree-attacked-'));
  for (const folder of ['root', 'staging', 'served']) await mkdir(join(base, folder));
  server = await startHostileRsync(join(base, 'served'));
});
afterEach(async () => {
  await server.close();
  await rm(base, { recursive: true });
});

/** Pulls files that are declared to have 1,000 bytes each. */
function pull(paths: readonly string[]) {
  return transfer({
    direction: 'pull',
    carrier: { kind: 'rsync', command: 'rsync' },
    files: new Client(server.url, 'none').sessionFiles('x', { id: 'x' }),
    endpoint: { url: server.url, headers: {} },
    session: { module: 'x', password: 'none' },
    root: join(base, 'root'),
    staging: join(base, 'staging'),
    sizes: new Map(paths.map((path) => [path, 1_000])),
    serverRsyncError: () => Promise.resolve(''),
    screen: { write: () => undefined, retrying: () => undefined },
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
}

function stagedMegabytes(): number {
  return Number(execFileSync('du', ['-sm', join(base, 'staging')], { encoding: 'utf8' }).split('\t')[0]);
}

it('is cut when it sends much more than the file has', async () => {
  await writeFile(join(base, 'served/a'), randomBytes(200_000_000));
  await expect(pull(['a'])).rejects.toMatchObject({ code: 'too_much_data' });
  expect(stagedMegabytes()).toBeLessThan(150);
});

it('is cut when little on the wire becomes gigabytes on the disk', async () => {
  await writeFile(join(base, 'served/a'), '');
  await truncate(join(base, 'served/a'), 2e9);
  await expect(pull(['a'])).rejects.toMatchObject({ code: 'too_much_data' });
  expect(stagedMegabytes()).toBeLessThan(3_000);
});

it('is cut when it sends files that were not requested, in a folder that was', async () => {
  const paths = Array.from({ length: 2_000 }, (_, number) => `${number % 40}/${number}`);
  for (let number = 0; number < 40; number++) await mkdir(join(base, 'served', String(number)));
  for (const path of paths) await writeFile(join(base, 'served', path), 'x');
  await writeFile(join(base, 'served/0/planted'), '');
  await truncate(join(base, 'served/0/planted'), 2e9);
  await expect(pull(paths)).rejects.toMatchObject({ code: 'too_much_data' });
  expect(stagedMegabytes()).toBeLessThan(3_000);
});
