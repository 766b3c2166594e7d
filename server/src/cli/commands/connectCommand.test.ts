import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { makeCertificate } from '../../../test/certificate';
import { buildServer, runCommand, startChildServer, type ChildServer } from '../../../test/childServer';
import { temporaryFolder } from '../../../test/temporaryFolder';
import { greeting } from '../../contract/channels/greeting';
import { Multiplexer } from '../../contract/channels/multiplexer';

let bundle: string;
let dataFolder: string;
let server: ChildServer;

beforeAll(async () => {
  bundle = await buildServer();
  dataFolder = temporaryFolder();
  server = await startChildServer(bundle, dataFolder);
  await server.api.makeTree('notes');
});
afterAll(() => server.kill('SIGKILL'));

interface Answer {
  readonly status: number | undefined;
  readonly body: unknown;
}

/** Runs `palmtree-server connect` as sshd does. */
function open(options: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(
    process.execPath,
    [bundle, 'connect', '--data', dataFolder, ...options],
    { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...environment } },
  );
  onTestFinished(() => void child.kill());
  child.stdin.on('error', () => undefined);
  const channels = new Multiplexer();
  const ended = Promise.all([once(child, 'exit'), text(child.stderr)]).then(([[code], words]) => {
    return { code: code as number, words };
  });
  const greeted = async (): Promise<void> => {
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    expect(first.toString()).toBe(`${greeting}\n`);
    channels.start(child.stdout, child.stdin);
  };
  const call = async (method: string, path: string): Promise<Answer> => {
    const sent = request({ createConnection: () => channels.open(), method, path }).end();
    // The connection may end with the test before the request has let go of it.
    sent.on('error', () => undefined);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return { status: response.statusCode, body: JSON.parse(await text(response)) as unknown };
  };
  return { child, channels, ended, greeted, call };
}

test('a client is who the command says, and stays so for each of its requests', async () => {
  const laptop = open(['--as', 'laptop', '--tree', 'notes', '--read-only']);
  await laptop.greeted();
  expect(await laptop.call('GET', '/v1/whoami')).toMatchObject({
    status: 200,
    body: { name: 'laptop', trees: ['notes'], readOnly: true },
  });
  expect(await laptop.call('GET', '/v1/trees/notes/files')).toMatchObject({ status: 200 });
  expect(await laptop.call('GET', '/v1/trees/other/files')).toMatchObject({ status: 403 });
  for (const [method, path] of [
    ['POST', '/v1/trees/notes/pushes'],
    ['DELETE', `/v1/trees/notes/pushes/${'0'.repeat(32)}`],
  ] as const) {
    expect(await laptop.call(method, path)).toMatchObject({ body: { error: { code: 'read_only_token' } } });
  }
  expect(await laptop.call('PUT', '/v1/trees/notes')).toMatchObject({ status: 200 });
  expect(await laptop.call('POST', '/v1/trees/notes/pulls')).toMatchObject({ status: 422 });
});

test('a server with TLS serves clients by ssh', async () => {
  const folder = temporaryFolder();
  const { certFile, keyFile } = makeCertificate();
  const secure = await startChildServer(bundle, folder, { options: ['--tls-cert', certFile, '--tls-key', keyFile] });
  onTestFinished(async () => void (await secure.kill('SIGKILL')));
  expect(secure.url).toMatch(/^https:/);
  const client = open(['--data', folder, '--as', 'laptop']);
  await client.greeted();
  expect(await client.call('GET', '/v1/whoami')).toMatchObject({ status: 200, body: { name: 'laptop' } });
});

test('a client never is a token with a secret', async () => {
  const token = (action: string, name: string) => runCommand(bundle, ['token', action, name, '--data', dataFolder]);
  await token('create', 'phone');
  const phone = open(['--as', 'phone']);
  await phone.greeted();
  expect(await phone.call('GET', '/v1/whoami')).toMatchObject({ body: { name: 'phone (ssh)' } });
  const tablet = open(['--as', 'tablet']);
  await tablet.greeted();
  await token('revoke', 'tablet');
  await tablet.ended;
  await token('create', 'tablet');
  expect(await open(['--as', 'tablet']).ended).toMatchObject({
    code: 1,
    words: 'palmtree-server: The access of "tablet" was revoked. Connect with another name.\n',
  });
});

test('a server that runs already stays when its clients have left', async () => {
  const client = open(['--as', 'guest']);
  await client.greeted();
  client.channels.close();
  expect(await client.ended).toMatchObject({ code: 0, words: '' });
  expect(await server.api.call('GET', '/v1/whoami')).toMatchObject({ status: 200 });
});

test('a client whose access is revoked is told and cut off, with what it was receiving', async () => {
  const client = open(['--as', 'lost']);
  await client.greeted();
  const events = request({
    createConnection: () => client.channels.open(),
    path: '/v1/trees/notes/events',
  }).end();
  events.on('error', () => undefined);
  const [stream] = (await once(events, 'response')) as [IncomingMessage];
  stream.on('error', () => undefined);
  const cut = new Promise((resolve) => stream.once('close', resolve));
  await runCommand(bundle, ['token', 'revoke', 'lost', '--data', dataFolder]);
  expect(await client.ended).toEqual({ code: 1, words: 'palmtree-server: Your access was revoked.\n' });
  await cut;
  expect(await open(['--as', 'lost']).ended).toMatchObject({
    code: 1,
    words: 'palmtree-server: The access of "lost" was revoked. Connect with another name.\n',
  });
});

test('only the user of the server can reach the socket of the clients, and odd first lines open nothing', async () => {
  const file = join(dataFolder, 'clients.sock');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  for (const line of [
    'GET /v1/whoami HTTP/1.1\r\n\r\n',
    '{}\n',
    '{"id":"1"}\n',
    `${'x'.repeat(70_000)}`,
    '{"hello":1}\n',
  ]) {
    const socket = connect(file).on('error', () => undefined);
    socket.write(line);
    expect(await text(socket)).toBe('{"error":"The server did not understand the client."}\n');
  }
  const unknown = connect(file);
  unknown.write('{"id":12345,"trees":null,"readOnly":false}\n');
  expect(String((await once(unknown, 'data'))[0])).toBe('{"accepted":true}\n');
  unknown.write('GET /v1/whoami HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(String((await once(unknown, 'data'))[0])).toMatch(/^HTTP\/1\.1 401 /);
  unknown.destroy();
});

test.each([
  [{ SSH_ORIGINAL_COMMAND: 'id' }, [], 'This key can only run "palmtree-server connect".'],
  [{}, ['--as', ''], 'Choose a token name of 1 to 100 printable characters.'],
  [{}, ['--tree', '../x'], '"../x" is not a valid tree name.'],
])('a command that cannot connect says why: %o %o', async (environment, options, words) => {
  const { code, words: said } = await open(options, environment).ended;
  expect(code).toBe(1);
  expect(said).toContain(`palmtree-server: ${words}`);
});

test('two first connections of one client at once start one server and are one token', async () => {
  const folder = temporaryFolder();
  const clients = [open(['--data', folder, '--as', 'laptop']), open(['--data', folder, '--as', 'laptop'])];
  for (const client of clients) {
    await client.greeted();
    expect(await client.call('GET', '/v1/whoami')).toMatchObject({ status: 200, body: { name: 'laptop' } });
  }
  expect(await clients[0]?.call('PUT', '/v1/trees/notes')).toMatchObject({ status: 201 });
  expect(await clients[1]?.call('PUT', '/v1/trees/notes')).toMatchObject({ status: 200 });
});

test('a server that cannot start says why to the client that started it', async () => {
  const folder = temporaryFolder();
  const { code, words } = await open(['--data', folder], { PATH: '/nowhere' }).ended;
  expect(code).toBe(1);
  expect(words).toMatch(/^palmtree-server: .*rsync/);
});
