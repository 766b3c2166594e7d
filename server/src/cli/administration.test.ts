import { existsSync, mkdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildServer, runCommand, startChildServer, type ChildServer } from '../../test/childServer';
import { temporaryFolder } from '../../test/temporaryFolder';
import { push } from '../../test/transfers';
import { tryLockDataFolder } from './dataFolderLock';

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
    /^NAME +REVISION +FILES +SIZE +LAST PUSH +BY\nempty +0 +0 +0 B +- +-\nnotes +2 +2 +11 B/,
  );
  await server.kill('SIGTERM');
  expect(await command('tree', 'list', '--json')).toEqual(running);
  expect(await command('tree', 'list')).toEqual(table);
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
