import { copyFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildServer, runCommand, startChildServer, type ChildServer } from '../childServer';
import { temporaryFolder } from '../temporaryFolder';
import { push } from '../transfers';

let bundle: string;
let dataFolder: string;
let server: ChildServer;
const inFolder = (name: string) => join(dataFolder, name);
const databaseFiles = () => readdirSync(dataFolder).filter((name) => name.startsWith('palmtree.sqlite'));

beforeAll(async () => {
  bundle = await buildServer();
});
beforeEach(async () => {
  dataFolder = temporaryFolder();
  server = await startChildServer(bundle, dataFolder);
  await server.api.makeTree('tree');
  await push(server, 'tree', 0, { a: '1' });
});
afterEach(() => server.kill('SIGKILL'));

const run = (...args: string[]) => runCommand(bundle, [...args, '--data', dataFolder]);
const headRevision = async () => (await server.api.table('tree')).body.revision;

test.each(['deleted', 'replaced', 'deleted in part'])(
  'a server whose database is %s stops, and nothing that it knew is lost',
  async (change) => {
    copyFileSync(inFolder('palmtree.sqlite'), inFolder('copy'));
    if (change === 'deleted in part') rmSync(inFolder('palmtree.sqlite-wal'));
    else for (const name of databaseFiles()) rmSync(inFolder(name));
    if (change === 'replaced') renameSync(inFolder('copy'), inFolder('palmtree.sqlite'));
    // The server may have stopped by now, or it takes the push and saves it.
    const pushed = await push(server, 'tree', 1, { b: '2' }).catch(() => 1);
    const { code, stderr } = await server.ended;
    expect(code).toBe(1);
    const last = stderr.trimEnd().split('\n').at(-1) ?? '';
    const [, saved = ''] = /was deleted or replaced .* Rename (\S+) to palmtree\.sqlite/.exec(last) ?? [];
    for (const name of databaseFiles()) rmSync(inFolder(name));
    renameSync(saved, inFolder('palmtree.sqlite'));
    server = await startChildServer(bundle, dataFolder, { token: server.token });
    expect(await headRevision()).toBe(pushed);
    expect(await push(server, 'tree', pushed, { c: '3' })).toBe(pushed + 1);
  },
);

test('a saved database is named by a server that finds none', async () => {
  for (const name of databaseFiles()) rmSync(inFolder(name));
  await server.ended;
  const { code, stderr } = await run('serve', '--port', '0');
  expect(code).toBe(1);
  expect(stderr).toMatch(/Restore palmtree\.sqlite from a backup, or rename palmtree-saved-\w+\.sqlite to it/);
});

test('no command creates a database where content without one is', async () => {
  await server.kill('SIGTERM');
  for (const name of databaseFiles()) rmSync(inFolder(name));
  for (const args of [
    ['serve', '--port', '0'],
    ['token', 'create', 'bob'],
  ]) {
    const { code, stderr } = await run(...args);
    expect(code).toBe(1);
    expect(stderr).toContain(`The database of the files in ${dataFolder} is missing.`);
    expect(databaseFiles()).toEqual([]);
  }
});

test('a second server is refused even if the lock file was deleted, and commands go on', async () => {
  for (let attempt = 0; attempt < 2; attempt++) {
    rmSync(inFolder('server.lock'));
    const { code, stderr } = await run('serve', '--port', '0');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^palmtree-server: Another palmtree-server, .* is running on .*\. Stop it first/);
  }
  expect(await run('token', 'list')).toMatchObject({ code: 0 });
  expect(await push(server, 'tree', 1, { b: '2' })).toBe(2);
});
