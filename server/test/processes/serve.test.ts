import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildServer, runCommand, startChildServer, type ChildServer, type Ids } from '../childServer';
import { puts, writeFiles } from '../changes';
import { runRsync } from '../rsyncClient';
import { connect } from '../tcpBridge';
import { temporaryFolder } from '../temporaryFolder';
import { push, receive } from '../transfers';

let bundle: string;
let server: ChildServer;
let dataFolder: string;

beforeAll(async () => {
  bundle = await buildServer();
  dataFolder = temporaryFolder();
  server = await startChildServer(bundle, dataFolder);
});
afterAll(() => server.kill('SIGKILL'));

const failure = async (args: readonly string[], ids?: Ids) => {
  const { code, stdout, stderr } = await runCommand(bundle, args, ids);
  expect(stdout).toBe('');
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  return { code, line: stderr.trimEnd() };
};

test('a running server accepts a created token and refuses a revoked one at once', async () => {
  const created = await runCommand(bundle, [
    'token',
    'create',
    'bob',
    '--tree',
    'x',
    'y',
    '--data',
    dataFolder,
    '--json',
  ]);
  const { name, token } = JSON.parse(created.stdout) as { name: string; token: string };
  expect(name).toBe('bob');
  expect(token).toMatch(/^ptk_[A-Za-z0-9_-]{43}$/);
  const whoami = await whoamiAs(token);
  expect(await whoami()).toMatchObject({ status: 200, body: { name: 'bob', trees: ['x', 'y'] } });
  const list = await runCommand(bundle, ['token', 'list', '--data', dataFolder, '--json']);
  const limits = { trees: ['x', 'y'], readOnly: false };
  const bob = { name: 'bob', via: 'token', ...limits, createdAt: expect.any(String), lastPushAt: null };
  expect(JSON.parse(list.stdout)).toContainEqual(bob);
  expect(list.stdout).not.toContain('ptk_');
  const again = await failure(['token', 'create', 'bob', '--data', dataFolder]);
  expect(again).toEqual({
    code: 1,
    line: 'palmtree-server: A token named "bob" already exists. Choose another name, or revoke that token first.',
  });
  expect((await runCommand(bundle, ['token', 'revoke', 'bob', '--data', dataFolder])).code).toBe(0);
  expect(await whoami()).toMatchObject({ status: 401 });
  expect((await runCommand(bundle, ['token', 'create', 'bob', '--data', dataFolder])).code).toBe(0);
});

test('token list has a header, and the last push of each token', async () => {
  const folder = temporaryFolder();
  const child = await startChildServer(bundle, folder);
  await child.api.makeTree('tree');
  await push(child, 'tree', 0, { 'plan.md': 'x' });
  await runCommand(bundle, ['token', 'create', 'carol', '--tree', 'x', 'y', '--data', folder]);
  const { stdout } = await runCommand(bundle, ['token', 'list', '--data', folder]);
  const [header, ...rows] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/));
  expect(header).toEqual(['NAME', 'VIA', 'CREATED', 'LAST PUSH', 'TREES', 'ACCESS']);
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
  expect(rows).toHaveLength(2);
  expect(rows).toContainEqual(['carol', 'token', time, '-', 'x, y', 'read, write']);
  expect(rows).toContainEqual([expect.any(String), 'token', time, time, 'all trees', 'read, write']);
});

test.each([
  ['token', 'list'],
  ['token', 'revoke', 'bob'],
  ['export', 'tree', '--to', 'copy'],
])('%s %s creates no data folder where none is', async (...command) => {
  const parent = temporaryFolder();
  const typo = join(parent, 'typo');
  expect(await failure([...command, '--data', typo])).toEqual({
    code: 1,
    line: `palmtree-server: ${typo} is not a data folder of palmtree-server. Choose another with --data.`,
  });
  expect(readdirSync(parent)).toEqual([]);
});

test('token create with an invalid name or tree creates no data folder', async () => {
  const parent = temporaryFolder();
  const folder = join(parent, 'data');
  const invalidTree = await failure(['token', 'create', 'bob', '--data', folder, '--tree', 'a tree']);
  expect(invalidTree.line).toContain('"a tree" is not a valid tree name');
  expect((await failure(['token', 'create', '', '--data', folder])).line).toContain('Choose a token name');
  expect(readdirSync(parent)).toEqual([]);
});

test.each([
  ['0.0.0.0', true],
  ['127.0.0.1', false],
  ['localhost', false],
])('a server without TLS on %s warns of that: %s', async (host, isWarned) => {
  const child = spawn(process.execPath, [bundle, 'serve', '--host', host, '--port', '0', '--data', temporaryFolder()]);
  child.stdout.once('data', () => child.kill('SIGTERM'));
  let log = '';
  for await (const text of child.stderr.setEncoding('utf8')) log += String(text);
  expect(log.includes('without TLS')).toBe(isWarned);
});

async function whoamiAs(token: string) {
  const url = new URL(await server.rsyncUrl('x', 'y')).origin;
  return async () => {
    const response = await fetch(`${url}/v1/whoami`, { headers: { authorization: `Bearer ${token}` } });
    return { status: response.status, body: await response.json() };
  };
}

test('tokens are stored as hashes', async () => {
  for (const file of ['palmtree.sqlite', 'palmtree.sqlite-wal']) {
    expect(readFileSync(join(dataFolder, file)).includes(server.token.slice(4))).toBe(false);
  }
  expect(statSync(join(dataFolder, 'palmtree.sqlite')).mode & 0o077).toBe(0);
});

test('an error at the start is one line that says what to do', async () => {
  const serve = (...options: string[]) => failure(['serve', '--port', '0', ...options]);
  const busy = createServer().listen(0, '127.0.0.1');
  await once(busy, 'listening');
  const { port } = busy.address() as AddressInfo;
  const inUse = await serve('--data', temporaryFolder(), '--port', String(port));
  busy.close();
  expect(inUse).toEqual({
    code: 1,
    line: `palmtree-server: Port ${port} on 127.0.0.1 is in use. Choose another with --port.`,
  });

  const locked = await serve('--data', dataFolder);
  expect(locked).toMatchObject({
    code: 1,
    line: expect.stringContaining(`Another palmtree-server, or one of its commands, is running on ${dataFolder}.`),
  });

  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  const notKeys = ['--tls-cert', file, '--tls-key', file];
  expect(await serve('--data', temporaryFolder(), ...notKeys)).toMatchObject({
    code: 1,
    line: expect.stringContaining(`${file} and ${file} are not a certificate and its key.`),
  });
  expect(await serve('--data', temporaryFolder(), '--rsync', '/absent/rsync')).toEqual({
    code: 1,
    line: 'palmtree-server: /absent/rsync was not found. Install rsync, or name its path with --rsync.',
  });
});

describe('a server does not start on a data folder', () => {
  /** A data folder with some revisions, on which no server runs. */
  async function filledFolder(): Promise<{ folder: string; file: string }> {
    const folder = temporaryFolder();
    const filled = await startChildServer(bundle, folder);
    await filled.api.makeTree('tree');
    const files = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`folder/file-${index}`, 'x']));
    await push(filled, 'tree', 0, files);
    await filled.kill('SIGTERM');
    return { folder, file: join(folder, 'palmtree.sqlite') };
  }
  const start = (folder: string) => failure(['serve', '--port', '0', '--data', folder]);

  test.each([
    ['the first', 0],
    ['a middle', 0.5],
    ['the last', 1],
  ])('whose database is damaged in %s page', async (_, part) => {
    const { folder, file } = await filledFolder();
    const bytes = readFileSync(file);
    const pageBytes = 4_096;
    const page = Math.round((bytes.length / pageBytes - 1) * part);
    bytes.fill(0x5a, page * pageBytes, (page + 1) * pageBytes);
    writeFileSync(file, bytes);
    expect(await start(folder)).toEqual({
      code: 1,
      line: expect.stringMatching(/palmtree\.sqlite is damaged .*restore palmtree\.sqlite from a backup\.$/),
    });
  });

  test.each(['gone', 'empty', 'new'])('that has content, but whose database is %s', async (state) => {
    const { folder, file } = await filledFolder();
    rmSync(file);
    if (state === 'empty') writeFileSync(file, '');
    if (state === 'new') await runCommand(bundle, ['token', 'create', 'carol', '--data', folder]);
    expect(await start(folder)).toMatchObject({
      code: 1,
      line: expect.stringContaining(`The database of the files in ${folder} is missing.`),
    });
  });
});

test('an rsync with known security holes is refused unless allowed, and an outdated one is logged', async () => {
  const folder = temporaryFolder();
  const rsyncOf = (version: string): string => {
    const file = join(folder, `rsync-${version}`);
    writeFileSync(file, `#!/bin/sh\necho 'rsync  version ${version}  protocol version 32'\n`);
    chmodSync(file, 0o755);
    return file;
  };
  const old = await failure(['serve', '--port', '0', '--data', folder, '--rsync', rsyncOf('3.4.2')]);
  expect(old.code).toBe(1);
  expect(old.line).toContain('Install 3.4.3 or newer');
  for (const options of [
    ['--rsync', rsyncOf('3.4.2'), '--allow-old-rsync'],
    ['--rsync', rsyncOf('3.4.3')],
  ]) {
    const started = await startChildServer(bundle, temporaryFolder(), { options });
    const { code, stderr } = await started.kill('SIGTERM');
    expect(code).toBe(0);
    expect(stderr).toContain('security holes');
  }
});

test('SIGTERM stops the server and a running rsync', async () => {
  const folder = temporaryFolder();
  const stopping = await startChildServer(bundle, folder);
  await stopping.api.makeTree('tree');
  const { body } = await stopping.api.beginPush('tree', { base: 0, changes: puts({ a: '1' }) });
  const socket = connect(await stopping.rsyncUrl('tree', body.id), stopping.token);
  await once(socket, 'message');
  const { code, stderr } = await stopping.kill('SIGTERM');
  expect(code).toBe(0);
  for (const line of stderr.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number) });
  expect(stderr).not.toContain(stopping.token);
  expect(stderr).not.toContain(body.password);
  expect(await processesNaming(body.id)).toEqual([]);
});

test('an open event stream does not delay a stopping server', async () => {
  const stopping = await startChildServer(bundle, temporaryFolder());
  await stopping.api.makeTree('tree');
  const { origin } = new URL(await stopping.rsyncUrl('tree', 'x'));
  const headers = { authorization: `Bearer ${stopping.token}` };
  const stream = await fetch(`${origin}/v1/trees/tree/events`, { headers });
  const started = performance.now();
  expect(await stopping.kill('SIGTERM')).toMatchObject({ code: 0 });
  // An ordinary request would have ten seconds to end.
  expect(performance.now() - started).toBeLessThan(10_000);
  expect(await stream.text()).toContain('event: ready\nid: 0\n');
});

test('a server that is not root confines pushes and pulls without a chroot', async () => {
  const ids = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined;
  const folder = temporaryFolder();
  const data = join(folder, 'data of "nobody"; #1');
  mkdirSync(data);
  if (ids !== undefined) {
    chmodSync(folder, 0o755);
    chownSync(data, ids.uid, ids.gid);
  }
  const child = await startChildServer(bundle, data, ids === undefined ? {} : { ids });
  await child.api.makeTree('tree');
  const files = { 'folder/a': 'a', '-b\n': 'b' };
  expect(await push(child, 'tree', 0, files)).toBe(1);
  expect(await push(child, 'tree', 1, { 'folder/a': 'edited' })).toBe(2);
  const session = (await child.api.beginPull('tree', { revision: 2, paths: Object.keys(files) })).body;
  const pulled = await receive(child, 'tree', session, Object.keys(files));
  expect(pulled).toMatchObject({ exit: 0, stderr: '' });
  expect(readFileSync(join(pulled.folder, 'folder/a'), 'utf8')).toBe('edited');
  expect(await escapes(child, data, ids)).toEqual([]);
  await child.kill('SIGKILL');
  if (ids === undefined) return;
  const closed = temporaryFolder();
  expect(await failure(['serve', '--port', '0', '--data', closed], ids)).toMatchObject({ code: 1 });
});

/** Tries to write outside an inbox, and returns the folders where that succeeded. */
async function escapes(child: ChildServer, data: string, ids: Ids | undefined): Promise<string[]> {
  const begun = (await child.api.beginPush('tree', { base: 2, changes: puts({ new: 'new' }) })).body;
  const session = join(data, 'sessions', begun.id);
  const outside = join(data, '..', 'outside');
  mkdirSync(outside);
  if (ids !== undefined) chownSync(outside, ids.uid, ids.gid);
  symlinkSync(outside, join(session, 'files', 'door'));
  const source = temporaryFolder();
  writeFiles(source, { planted: 'planted', 'door/planted': 'planted' });
  const target = { url: await child.rsyncUrl('tree', begun.id), token: child.token };
  const { module, password } = begun;
  const attempts = [
    ['./planted', 'MODULE/../planted'],
    ['./planted', 'MODULE/../../../planted'],
    ['./planted', `MODULE/${outside}/planted`],
    ['./planted', 'MODULE/door/planted'],
    ['-R', '--no-implied-dirs', './door/planted', 'MODULE/'],
    ['-r', './', 'MODULE/'],
  ];
  for (const paths of attempts) {
    await runRsync(target, { arguments: ['-I', ...paths], module, password, cwd: source });
  }
  const folders = [outside, session, join(data, 'sessions'), data, join(data, '..')];
  return folders.filter((folder) => readdirSync(folder).includes('planted'));
}

async function processesNaming(text: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid,args']);
  return stdout.split('\n').filter((line) => line.includes(text));
}

test('SIGTERM stops a server whose log has lost its reader', async () => {
  const args = [bundle, 'serve', '--port', '0', '--data', temporaryFolder()];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  await once(child.stdout, 'data');
  const ended = once(child, 'exit');
  child.stderr.destroy();
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});
