import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { put, sha256, type Files } from '../changes';
import { buildServer, runCommand } from '../childServer';
import { pushDirectly } from '../directPush';
import { packFiles, pushPacked } from '../packs';
import { temporaryFolder } from '../temporaryFolder';
import { startTestServer, type TestServer } from '../testServer';
import { databaseFileName } from '../../src/database/openDatabase';

/** Each command is a process, which takes seconds to start on a busy machine. */
vi.setConfig({ testTimeout: 120_000 });

let bundle: string;
let dataFolder: string;

beforeAll(async () => {
  bundle = await buildServer();
});
beforeEach(() => {
  dataFolder = temporaryFolder();
});

const command = (...args: string[]) => runCommand(bundle, [...args, '--data', dataFolder]);

/** Works on the data folder as a server does, which has stopped afterwards. */
async function withServer(use: (server: TestServer) => Promise<void>): Promise<void> {
  const server = await startTestServer({ dataFolder, tokenName: `token-${process.hrtime.bigint()}` });
  try {
    await use(server);
  } finally {
    await server.stop();
  }
}

/**
 * Runs gc until `isReached`, and kills it then or a little later. Returns whether it came to that: on a busy machine, gc may end
 * before this process looks.
 */
async function killGc(isReached: () => boolean): Promise<boolean> {
  const child = spawn(process.execPath, [bundle, 'gc', '--data', dataFolder], { stdio: 'ignore' });
  const ended = once(child, 'close');
  while (child.exitCode === null && !isReached()) await delay(2);
  child.kill('SIGKILL');
  const [, signal] = (await ended) as [number | null, string | null];
  return signal === 'SIGKILL';
}

async function expectWhole(): Promise<void> {
  expect(await command('verify')).toMatchObject({ code: 0, stdout: expect.stringContaining('Everything is whole.') });
}

/** Kills one gc at each of the moments, and then lets one end. */
async function expectWholeAfterKills(moments: readonly (() => boolean)[]): Promise<void> {
  const kills: boolean[] = [];
  for (const isReached of moments) {
    kills.push(await killGc(isReached));
    await expectWhole();
  }
  expect(kills).toContain(true);
  expect(await command('gc')).toMatchObject({ code: 0 });
  await expectWhole();
}

test('after kills during the rewriting of packs, nothing is lost, and gc ends it', async () => {
  const files: Files = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, number) => [`f${String(number).padStart(4, '0')}`, randomBytes(60_000)]),
  );
  await withServer(async (server) => {
    await server.api.makeTree('tree');
    await pushPacked(server, 'tree', 0, files);
    for (const table of ['versions', 'entries'] as const) {
      await server.database.deleteFrom(table).where('path', 'not like', '%00').execute();
    }
  });
  const packs = (): string[] => packFiles({ dataFolder });
  const old = packs();
  const isNew = (name: string): boolean => !old.includes(name);
  const modeOf = (name: string): number | undefined => statSync(name, { throwIfNoEntry: false })?.mode;
  const moments = [
    () => packs().some(isNew),
    () => packs().some((name) => isNew(name) && ((modeOf(name) ?? 0) & 0o777) === 0o444),
    () => old.some((name) => !packs().includes(name)),
  ];
  await expectWholeAfterKills(moments);
  await withServer(async ({ services }) => {
    expect((await services.contents.packs.usage()).files).toBe(1);
    const left = Object.entries(files).filter(([path]) => path.endsWith('00'));
    const contents = left.map(([path, content]) => put(path, content));
    expect((await services.contents.stored(contents)).size).toBe(10);
  });
});

test('after kills during the compression of the history, nothing is lost, and gc ends it', async () => {
  // More than a pack of cold contents.
  const versions = Array.from({ length: 5 }, () => randomBytes(5 << 20));
  await withServer(async (server) => {
    await server.api.makeTree('tree');
    for (const [base, file] of versions.entries()) await pushDirectly(server, 'tree', base, { file });
  });
  const objects = (): number => versions.filter((bytes) => existsSync(objectOf(bytes))).length;
  const moments = [
    () => packFiles({ dataFolder }).length > 0,
    () => rows('chunks') > 0,
    () => rows('recipes') > 0,
    () => objects() < versions.length,
  ];
  await expectWholeAfterKills(moments);
  expect(objects()).toBe(1);
  await withServer(async ({ services }) => {
    const contents = versions.map((bytes) => put('file', bytes));
    expect(await services.contents.findDamaged(contents)).toEqual(new Set());
  });
});

const objectOf = (bytes: Buffer): string => join(dataFolder, 'objects', sha256(bytes).slice(0, 2), sha256(bytes));

function rows(table: string): number {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const database = new DatabaseSync(join(dataFolder, databaseFileName), { readOnly: true });
  try {
    return Number(database.prepare(`select count(*) as count from ${table}`).get()?.['count']);
  } catch {
    // A command that starts has the database for itself for a moment.
    return 0;
  } finally {
    database.close();
  }
}
