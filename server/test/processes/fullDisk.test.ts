import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ApiClient } from '../apiClient';
import { put, puts, writeFiles } from '../changes';
import { buildServer, runCommand, startChildServer, type ChildServer } from '../childServer';
import { temporaryFolder } from '../temporaryFolder';
import { push, receive, send } from '../transfers';

const canMount = process.platform === 'linux' && process.getuid?.() === 0;

let bundle: string;
let disk: string;
let dataFolder: string;
let server: ChildServer;

beforeAll(async () => {
  bundle = await buildServer();
});

/** Only root may mount a disk of its own to fill. */
describe.runIf(canMount)('on a full disk', () => {
  beforeEach(async () => {
    disk = temporaryFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=96m', 'tmpfs', disk]);
    dataFolder = join(disk, 'data');
    mkdirSync(dataFolder);
    server = await startChildServer(bundle, dataFolder, { options: ['--keep-free', '8'] });
    await server.api.makeTree('tree');
    await push(server, 'tree', 0, { 'folder/a': 'a', b: 'b' });
    fillDisk();
  });
  afterEach(async () => {
    await server.kill('SIGKILL');
    execFileSync('umount', ['--lazy', disk]);
  });

  test('pulls, downloads and the commands for tokens work, and a push is refused', async () => {
    const lost = await create('lost');
    expect(freeBytes()).toBeLessThan(2 << 20);
    fillDisk();
    expect(await command('list')).toMatchObject({ code: 0, stdout: expect.stringContaining('lost') });
    const paths = ['folder/a', 'b'];
    const { status, body } = await server.api.beginPull('tree', { revision: 1, paths });
    expect(status).toBe(201);
    const pulled = await receive(server, 'tree', body, paths);
    expect(pulled).toMatchObject({ exit: 0, stderr: '' });
    expect(readFileSync(join(pulled.folder, 'folder/a'), 'utf8')).toBe('a');
    expect(await lost.beginPush('tree', { base: 1, changes: puts({ c: 'c' }) })).toMatchObject({
      status: 507,
      body: { error: { code: 'storage_full' } },
    });
    fillDisk();
    expect(await command('revoke', 'lost')).toMatchObject({ code: 0, stderr: '' });
    expect(await lost.call('GET', '/v1/whoami')).toMatchObject({ status: 401 });
    rmSync(join(disk, 'filling'));
    expect(await push(server, 'tree', 1, { c: 'c' })).toBe(2);
  });

  test('a server starts, and the commands for tokens work without one', async () => {
    await create('lost');
    await server.kill('SIGTERM');
    fillDisk();
    expect(await command('list')).toMatchObject({ code: 0, stdout: expect.stringContaining('lost') });
    fillDisk();
    expect(await command('revoke', 'lost')).toMatchObject({ code: 0, stderr: '' });
    fillDisk();
    server = await startChildServer(bundle, dataFolder, { token: server.token });
    expect((await server.api.beginPull('tree', { revision: 1, paths: ['b'] })).status).toBe(201);
  });

  test('a token that sends more than it declared leaves the disk to others', async () => {
    rmSync(join(disk, 'filling'));
    const attacker = await create('attacker');
    const begun = (await attacker.beginPush('tree', { base: 1, changes: [put('zeros', '1')] })).body;
    const source = temporaryFolder();
    const zeros = Buffer.alloc(512 << 20);
    writeFiles(source, { zeros });
    const access = { ...server, api: attacker, token: secrets.get(attacker) ?? '' };
    expect((await send(access, 'tree', begun, source, ['zeros'])).exit).not.toBe(0);
    expect(await push(server, 'tree', 1, { c: Buffer.alloc(8 << 20, 'c') })).toBe(2);
  });
});

const secrets = new Map<ApiClient, string>();
const command = (...args: string[]) => runCommand(bundle, ['token', ...args, '--data', dataFolder]);

async function create(name: string): Promise<ApiClient> {
  const { code, stdout } = await command('create', name);
  expect(code).toBe(0);
  const { origin } = new URL(await server.rsyncUrl('tree', 'x'));
  const api = new ApiClient((path, init) => fetch(origin + path, init), stdout.trim());
  secrets.set(api, stdout.trim());
  return api;
}

function freeBytes(): number {
  const { bavail, bsize } = statfsSync(disk);
  return bavail * bsize;
}

/** Leaves no byte free. */
function fillDisk(): void {
  const file = openSync(join(disk, 'filling'), 'a');
  const bytes = Buffer.alloc(1 << 20, 'x');
  try {
    for (;;) writeSync(file, bytes);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  } finally {
    closeSync(file);
  }
  expect(freeBytes()).toBe(0);
}
