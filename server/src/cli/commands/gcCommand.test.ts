import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { sha256, symlink } from '../../../test/changes';
import { buildServer, runCommand, startChildServer, type ChildServer } from '../../../test/childServer';
import { temporaryFolder } from '../../../test/temporaryFolder';
import { push } from '../../../test/transfers';
import { databaseFileName } from '../../database/openDatabase';

/** Each command is a process, which takes seconds to start on a busy machine. */
vi.setConfig({ testTimeout: 120_000 });

let bundle: string;
let dataFolder: string;
let server: ChildServer;

beforeAll(async () => {
  bundle = await buildServer();
});
beforeEach(async () => {
  dataFolder = temporaryFolder();
  server = await startChildServer(bundle, dataFolder, { options: ['--no-gc'] });
});
afterEach(() => server.kill('SIGKILL'));

const restart = async (...options: string[]) => {
  await server.kill('SIGTERM');
  server = await startChildServer(bundle, dataFolder, { token: server.token, options });
};
const command = (...args: string[]) => runCommand(bundle, [...args, '--data', dataFolder]);
const objects = (): string[] => readdirSync(join(dataFolder, 'objects')).flatMap((shard) => inShard(shard));
const inShard = (shard: string): string[] => readdirSync(join(dataFolder, 'objects', shard));
const fileOf = (content: string): string => join(dataFolder, 'objects', sha256(content).slice(0, 2), sha256(content));
function makeLitter(count: number): void {
  for (let number = 0; number < count; number++) writeFileSync(fileOf(`litter ${number}`), `litter ${number}`);
}
function rowsLeft(): number {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const database = new DatabaseSync(join(dataFolder, databaseFileName), { readOnly: true });
  try {
    return Number(database.prepare('select count(*) as count from versions').get()?.['count']);
  } finally {
    database.close();
  }
}

/** A command that starts has the database for itself for a moment. */
function isPurging(before: number): boolean {
  try {
    return rowsLeft() < before;
  } catch {
    return false;
  }
}

/** A tree with 20,000 versions, which was deleted, and one with a file. */
async function makeTrees(): Promise<void> {
  for (const tree of ['large', 'kept']) await server.api.makeTree(tree);
  const changes = Array.from({ length: 20_000 }, (_, number) => symlink(`l${number}`, 'x'));
  const { body } = await server.api.beginPush('large', { base: 0, changes });
  expect(await server.api.commit('large', body.id)).toMatchObject({ status: 200 });
  await push(server, 'kept', 0, { a: 'kept' });
  expect(await command('tree', 'delete', 'large', '--yes')).toMatchObject({ code: 0 });
}

test('gc says what it would free and what it has freed, and names the trees that it purges', async () => {
  await server.api.makeTree('old');
  await push(server, 'old', 0, { a: 'x'.repeat(5_000) });
  await command('tree', 'delete', 'old', '--yes');
  makeLitter(2);
  const dry = await command('gc', '--dry-run');
  expect(dry).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Would remove 3 files and 1 tree: .* KB\.\n$/) });
  expect(dry.stderr).toMatch(/^Would purge the tree old, which was deleted at \d{4}-.*\.\n$/);
  expect(objects()).toHaveLength(3);
  const done = await command('gc');
  expect(done).toMatchObject({ code: 0, stdout: dry.stdout.replace('Would remove', 'Removed') });
  expect(objects()).toEqual([]);
  expect(JSON.parse((await command('gc', '--json')).stdout)).toMatchObject({ trees: [], contents: { files: 0 } });
});

test('after a kill in the middle of gc, gc ends what is left, and nothing else is lost', async () => {
  await makeTrees();
  makeLitter(5_000);
  const moments = [() => rowsLeft() < 18_000, () => objects().length < 4_500];
  for (const isReached of moments) {
    const running = command('gc');
    while (!isReached()) await delay(1);
    await server.kill('SIGKILL');
    expect(await running).toMatchObject({ code: 1, stderr: expect.stringContaining('The server ended before') });
    server = await startChildServer(bundle, dataFolder, { token: server.token, options: ['--no-gc'] });
  }
  expect(await command('gc')).toMatchObject({ code: 0 });
  expect([rowsLeft(), objects()]).toEqual([1, [sha256('kept')]]);
  expect(readFileSync(fileOf('kept'), 'utf8')).toBe('kept');
  expect(await push(server, 'kept', 1, { b: 'litter 7' })).toBe(2);
});

test('gc works without a server, and can be cancelled or killed there as well', async () => {
  await makeTrees();
  await server.kill('SIGTERM');
  makeLitter(5_000);
  for (const [signal, end] of [
    ['SIGINT', [1, null]],
    ['SIGKILL', [null, 'SIGKILL']],
  ] as const) {
    const before = rowsLeft();
    const child = spawn(process.execPath, [bundle, 'gc', '--data', dataFolder]);
    const ended = once(child, 'close');
    while (!isPurging(before)) await delay(5);
    child.kill(signal);
    expect(await ended).toEqual(end);
  }
  expect(await command('gc')).toMatchObject({ code: 0, stdout: expect.stringContaining('Removed 5000 files') });
  expect([rowsLeft(), objects()]).toEqual([1, [sha256('kept')]]);
});

test('a server collects garbage at its start, and its restarts do not repeat that', async () => {
  await server.api.makeTree('tree');
  makeLitter(1);
  await restart();
  let log = '';
  server.process.stderr?.on('data', (text: string) => (log += text));
  while (!log.includes('gc has ended')) await delay(10);
  expect(objects()).toEqual([]);
  const { stderr } = await server.kill('SIGTERM').then(async (ended) => {
    expect(ended.stderr).toMatch(/"contents":\{"files":1,.*"msg":"gc has ended"/);
    server = await startChildServer(bundle, dataFolder, { token: server.token });
    return server.kill('SIGTERM');
  });
  expect(stderr).not.toContain('gc has ended');
});
