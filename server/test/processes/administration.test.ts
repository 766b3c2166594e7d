import { existsSync, mkdirSync, readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { puts } from '../changes';
import { buildServer, runCommand, startChildServer, type ChildServer } from '../childServer';
import { temporaryFolder } from '../temporaryFolder';
import { push } from '../transfers';
import type { DuResult } from '../../src/administration/du';
import { tryLockDataFolder } from '../../src/administration/dataFolderLock';

/** Each command is a process, which takes seconds to start on a busy machine. */
vi.setConfig({ testTimeout: 120_000 });

let bundle: string;
let dataFolder: string;
let server: ChildServer;

beforeAll(async () => {
  bundle = await buildServer();
});
beforeEach(() => {
  dataFolder = temporaryFolder();
});
afterEach(() => server.kill('SIGKILL'));

const start = async () => {
  server = await startChildServer(bundle, dataFolder);
};
const command = (...args: string[]) => runCommand(bundle, [...args, '--data', dataFolder]);
const treeNames = async () => {
  const { code, stdout, stderr } = await command('tree', 'list', '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name);
};

test('the list of trees is the same whether a server runs or not', async () => {
  await start();
  for (const tree of ['notes', 'empty']) await server.api.makeTree(tree);
  await push(server, 'notes', 0, { a: 'one', 'b/c': 'three' });
  await push(server, 'notes', 1, { a: 'others' });
  const running = await command('tree', 'list', '--json');
  expect(JSON.parse(running.stdout)).toMatchObject([
    { name: 'empty', revision: 0, files: 0, bytes: 0, lastPush: null },
    { name: 'notes', revision: 2, files: 2, bytes: 11, lastPush: { by: expect.stringMatching(/^token-/) } },
  ]);
  const table = await command('tree', 'list');
  expect(table.stdout).toMatch(
    /^NAME +REVISION +FILES +SIZE +LAST PUSH +BY +KEEPS\nempty +0 +0 +0 B +- +- +all\nnotes +2 +2 +11 B/,
  );
  await server.kill('SIGTERM');
  expect(await command('tree', 'list', '--json')).toEqual(running);
  expect(await command('tree', 'list')).toEqual(table);
});

test('a tree keeps all its revisions until a policy is chosen, and again when the policy is dropped', async () => {
  await start();
  await server.api.makeTree('notes');
  expect((await command('tree', 'keep', 'notes')).stdout).toBe('notes keeps all revisions.\n');
  const chosen = await command('tree', 'keep', 'notes', '--keep-within', '90d', '--keep-last', '10');
  expect(chosen).toMatchObject({ code: 0, stdout: expect.stringContaining('notes keeps within 90d, last 10.\n') });
  expect((await command('tree', 'list')).stdout).toMatch(/^notes .* within 90d, last 10$/m);
  await server.kill('SIGTERM');
  const daily = await command('tree', 'keep', 'notes', '--keep-daily', '7');
  expect(daily.stdout).toContain('notes keeps daily 7.\n');
  const refused = await Promise.all([
    command('tree', 'keep', 'absent', '--keep-last', '1'),
    command('tree', 'keep', 'notes', '--all', '--keep-last', '1'),
    command('tree', 'keep', 'notes', '--keep-last', '0'),
  ]);
  expect(refused.map(({ code }) => code)).toEqual([1, 1, 1]);
  const duration = await command('tree', 'keep', 'notes', '--keep-within', '3 weeks');
  expect(duration.stderr).toContain('"3 weeks" is not a duration.');
  expect((await command('tree', 'keep', 'notes')).stdout).toBe('notes keeps daily 7.\n');
  expect((await command('tree', 'keep', 'notes', '--all')).stdout).toBe('notes keeps all revisions.\n');
});

test('a server that was killed leaves a socket that stops neither commands nor the next server', async () => {
  await start();
  await server.api.makeTree('notes');
  await server.kill('SIGKILL');
  expect(existsSync(join(dataFolder, 'control.sock'))).toBe(true);
  expect(await treeNames()).toEqual(['notes']);
  await start();
  await server.api.makeTree('other');
  expect(await treeNames()).toEqual(['notes', 'other']);
  expect(statSync(join(dataFolder, 'control.sock')).mode & 0o777).toBe(0o600);
});

test('the path of the data folder may be longer than that of a socket', async () => {
  dataFolder = join(dataFolder, 'a'.repeat(120));
  mkdirSync(dataFolder);
  await start();
  await server.api.makeTree('notes');
  expect(await treeNames()).toEqual(['notes']);
  expect(readlinkSync(`/proc/${server.process.pid}/cwd`)).toBe(process.cwd());
  await server.kill('SIGTERM');
  expect(existsSync(join(dataFolder, 'control.sock'))).toBe(false);
});

test('a file in the place of the socket is replaced', async () => {
  writeFileSync(join(dataFolder, 'control.sock'), 'x');
  await start();
  expect(await treeNames()).toEqual([]);
});

test('a server waits for a command that has the data folder', async () => {
  await start();
  await server.kill('SIGTERM');
  const lock = tryLockDataFolder(dataFolder);
  setTimeout(() => lock?.release(), 300);
  await start();
  expect(await treeNames()).toEqual([]);
});

test('a path that is no data folder is reported on one line', async () => {
  await start();
  const other = temporaryFolder();
  const refused = await runCommand(bundle, ['tree', 'list', '--data', other]);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/is not a data folder of palmtree-server/) });
});

test('a deleted tree comes back whole, unless another has its name', async () => {
  await start();
  await server.api.makeTree('notes');
  await push(server, 'notes', 0, { a: 'one' });
  const asked = await command('tree', 'delete', 'notes');
  expect(asked).toMatchObject({ code: 1, stdout: '' });
  expect(asked.stderr).toContain(
    'Delete the tree notes with 1 revision, and 1 file (3 B) at its head? Without a terminal to ask on, --yes agrees.',
  );
  expect(await command('tree', 'delete', 'notes', '--yes')).toMatchObject({ code: 0, stderr: '' });
  expect(await treeNames()).toEqual([]);
  expect(await server.api.table('notes')).toMatchObject({ status: 404, body: { error: { code: 'tree_deleted' } } });
  expect(await command('tree', 'delete', 'notes', '--yes')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('No tree is named "notes".'),
  });
  await server.api.makeTree('notes');
  expect(await server.api.table('notes')).toMatchObject({ status: 200, body: { revision: 0 } });
  const refused = await command('tree', 'undelete', 'notes');
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('A tree named "notes" exists.') });
  await command('tree', 'rename', 'notes', 'other');
  expect(await command('tree', 'undelete', 'notes')).toMatchObject({ code: 0, stderr: '' });
  expect(await treeNames()).toEqual(['notes', 'other']);
  expect((await server.api.table('notes')).body).toMatchObject({ revision: 1, files: [{ path: 'a' }] });
});

test('deleting a tree ends its transfers', async () => {
  await start();
  for (const tree of ['notes', 'other']) await server.api.makeTree(tree);
  const [ended, open] = await Promise.all(
    ['notes', 'other'].map((tree) => server.api.beginPush(tree, { base: 0, changes: puts({ a: 'one' }) })),
  );
  await command('tree', 'delete', 'notes', '--yes');
  const sessions = readdirSync(join(dataFolder, 'sessions')).filter((name) => !name.endsWith('.removed'));
  expect(sessions).toEqual([open?.body.id]);
  expect(await server.api.commit('notes', ended?.body.id ?? '')).toMatchObject({
    status: 404,
    body: { error: { code: 'tree_deleted' } },
  });
});

test('du tells what heads, histories and transfers take, and what trees share', async () => {
  await start();
  for (const tree of ['notes', 'other']) await server.api.makeTree(tree);
  const shared = 's'.repeat(1_000);
  await push(server, 'notes', 0, { a: 'x'.repeat(20_000), b: shared, c: shared });
  await push(server, 'notes', 1, { a: 'y'.repeat(30_000) });
  await push(server, 'other', 0, { d: shared });
  const { code, stdout } = await command('du', '--json');
  expect(code).toBe(0);
  const usage = JSON.parse(stdout) as DuResult;
  expect(usage.trees).toEqual([
    { name: 'notes', deletedAt: null, head: 31_000, history: 20_000, shared: 1_000 },
    { name: 'other', deletedAt: null, head: 1_000, history: 0, shared: 1_000 },
  ]);
  expect(usage.contents).toBeGreaterThanOrEqual(51_000);
  expect(usage.total).toBeGreaterThan(usage.contents + usage.database);
  expect((await command('du')).stdout).toMatch(/^TREE +HEAD +HISTORY +SHARED\nnotes +31.0 KB +20.0 KB +1.00 KB\n/);
});
