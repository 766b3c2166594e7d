import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { put, puts, symlink, type Files } from '../../../test/changes';
import { buildServer, runCommand, startChildServer, type ChildServer } from '../../../test/childServer';
import { temporaryFolder } from '../../../test/temporaryFolder';
import { push, receive } from '../../../test/transfers';
import type { PathHistory } from '../../contract/history';
import { databaseFileName } from '../../database/openDatabase';

/** Each command is a process, which takes seconds to start on a busy machine. */
vi.setConfig({ testTimeout: 180_000 });

let bundle: string;
let dataFolder: string;
let server: ChildServer;

beforeAll(async () => {
  bundle = await buildServer();
});
beforeEach(async () => {
  dataFolder = temporaryFolder();
  server = await startChildServer(bundle, dataFolder, { options: ['--no-gc'] });
  await server.api.makeTree('notes');
});
afterEach(() => server.kill('SIGKILL'));

const command = (...args: string[]) => runCommand(bundle, [...args, '--data', dataFolder]);
const restart = async (...options: string[]) => {
  server = await startChildServer(bundle, dataFolder, { token: server.token, options });
};
const pushAll = async (...revisions: readonly Files[]): Promise<void> => {
  for (const [base, files] of revisions.entries()) await push(server, 'notes', base, files);
};
const verify = async (folder = dataFolder) => runCommand(bundle, ['verify', '--data', folder]);

function rowsLeft(): number {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const database = new DatabaseSync(join(dataFolder, databaseFileName), { readOnly: true });
  try {
    return Number(database.prepare('select count(*) as count from versions').get()?.['count']);
  } finally {
    database.close();
  }
}

test('prune says what it would remove, asks, removes it, and leaves a history that verify finds whole', async () => {
  await pushAll({ a: 'first', b: 'b' }, { a: 'second' }, { a: 'third' });
  expect(await command('prune')).toMatchObject({ code: 0, stdout: expect.stringContaining('No tree has a policy.') });
  await command('tree', 'keep', 'notes', '--keep-last', '1');
  const line = 'notes: 2 revisions would lose 2 versions, with 11 B of content.\n';
  expect(await command('prune', 'notes', '--dry-run')).toMatchObject({ code: 0, stdout: line });
  const asked = await command('prune', 'notes');
  expect(asked).toMatchObject({ code: 1, stderr: expect.stringContaining('Remove 2 versions for good?') });
  expect(rowsLeft()).toBe(4);
  const pruned = await command('prune', 'notes', '--yes');
  expect(pruned).toMatchObject({ code: 0, stdout: expect.stringContaining('Removed 2 versions. That freed ') });
  expect(rowsLeft()).toBe(2);
  expect((await command('prune', '--dry-run')).stdout).toBe('notes: nothing to remove.\n');
  expect(await verify()).toMatchObject({ code: 0, stdout: expect.stringContaining('Everything is whole.') });
  const exported = await command('export', 'notes', '--revision', '1', '--to', join(temporaryFolder(), 'x'));
  expect(exported.stderr).toContain('"a" was removed by retention at revision 1.');
});

/** A tree with 41 revisions of 1,000 paths. */
async function makeLongHistory(): Promise<void> {
  const paths = Array.from({ length: 1_000 }, (_, number) => `l${number}`);
  for (let base = 0; base <= 40; base++) {
    const changes = paths.map((path) => symlink(path, `target ${base}`));
    const { body } = await server.api.beginPush('notes', { base, changes });
    expect(await server.api.commit('notes', body.id)).toMatchObject({ status: 200 });
  }
}

test('a server that is killed while it prunes has lost nothing else, and the same command ends the work', async () => {
  await makeLongHistory();
  await command('tree', 'keep', 'notes', '--keep-last', '2');
  const before = rowsLeft();
  const child = spawn(process.execPath, [bundle, 'prune', '--yes', '--data', dataFolder]);
  const closed = once(child, 'close');
  while (rowsLeft() === before) await new Promise((resolve) => setImmediate(resolve));
  await server.kill('SIGKILL');
  const [code] = await closed;
  expect(code).toBe(1);
  const left = rowsLeft();
  expect(left).toBeLessThan(before);
  expect(left).toBeGreaterThan(2_000);
  expect(await verify()).toMatchObject({ code: 0 });
  await restart('--no-gc');
  expect(await command('prune', '--yes')).toMatchObject({ code: 0 });
  expect(rowsLeft()).toBe(2_000);
  const { body } = await server.api.call<PathHistory>('GET', '/v1/trees/notes/history?path=l7');
  expect(body.versions.map(({ revision, removed }) => [revision, removed])).toEqual([
    [41, undefined],
    [40, { count: 39, since: 1 }],
  ]);
  expect(await verify()).toMatchObject({ code: 0 });
});

test('pushes and pulls go on while the server prunes', async () => {
  await makeLongHistory();
  await command('tree', 'keep', 'notes', '--keep-last', '1');
  const pruning = command('prune', '--yes');
  let isDone = false;
  void pruning.finally(() => (isDone = true));
  let base = 41;
  for (; !isDone; base++) {
    await push(server, 'notes', base, { file: `content ${base}`, other: `other ${base}` });
    const pulled = await server.api.beginPull('notes', { revision: base + 1, paths: ['file'] });
    expect(pulled.status).toBe(201);
    expect(await receive(server, 'notes', pulled.body, ['file'])).toMatchObject({ exit: 0 });
  }
  expect(base).toBeGreaterThan(41);
  expect(await pruning).toMatchObject({ code: 0, stderr: expect.any(String) });
  expect(await command('prune', '--yes')).toMatchObject({ code: 0 });
  expect(await verify()).toMatchObject({ code: 0 });
  expect(rowsLeft()).toBe(1_002);
});

test('a backup of a pruned history restores it as it is', async () => {
  await pushAll({ a: 'first', b: 'b' }, { a: 'second' }, { a: 'third' });
  await command('tree', 'keep', 'notes', '--keep-last', '1');
  await command('prune', '--yes');
  const file = join(temporaryFolder(), 'backup.tar');
  expect(await command('backup', file)).toMatchObject({ code: 0 });
  const history = async () => (await server.api.call('GET', '/v1/trees/notes/history?path=a')).body;
  const before = await history();
  await server.kill('SIGTERM');
  const restored = join(temporaryFolder(), 'restored');
  expect(await runCommand(bundle, ['restore', file, '--data', restored])).toMatchObject({ code: 0 });
  expect(await verify(restored)).toMatchObject({ code: 0, stdout: expect.stringContaining('Everything is whole.') });
  dataFolder = restored;
  await restart('--no-gc');
  expect(await history()).toEqual(before);
  expect((await command('tree', 'keep', 'notes')).stdout).toBe('notes keeps last 1.\n');
  const removed = await server.api.call('GET', '/v1/trees/notes/content?path=a&revision=1');
  expect(removed).toMatchObject({ status: 404, body: { error: { code: 'version_removed' } } });
});

test('a server prunes by itself with its daily gc', async () => {
  await pushAll({ a: 'first' }, { a: 'second' });
  await command('tree', 'keep', 'notes', '--keep-last', '1');
  await server.kill('SIGTERM');
  await restart();
  await expect.poll(rowsLeft, { timeout: 60_000 }).toBe(1);
  expect(
    await server.api.beginPush('notes', { base: 2, changes: [put('c', 'c'), ...puts({ a: 'first' })] }),
  ).toMatchObject({
    body: { upload: ['c', 'a'] },
  });
});
