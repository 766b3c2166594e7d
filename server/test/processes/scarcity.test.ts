import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { buildServer, startChildServer, type ChildServer } from '../childServer';
import { puts, writeFiles } from '../changes';
import { connect } from '../tcpBridge';
import { temporaryFolder } from '../temporaryFolder';
import { push, send } from '../transfers';

let bundle: string;
let server: ChildServer | undefined;

beforeAll(async () => {
  bundle = await buildServer();
});
afterEach(() => server?.kill('SIGKILL'));

test('a server that has no descriptor left for rsync reports it, and serves again when it has some', async () => {
  server = await startChildServer(bundle, temporaryFolder(), { maxDescriptors: 64 });
  await server.api.makeTree('tree');
  const files = { a: '1' };
  const { body: session } = await server.api.beginPush('tree', { base: 0, changes: puts(files) });
  const url = await server.rsyncUrl('tree', session.id);
  const idle: Socket[] = [];
  const { hostname, port } = new URL(url);
  let reason = '';
  while (!reason.includes('could not be started')) {
    const rsync = connect(url, server.token);
    rsync.on('error', () => undefined);
    const ended = Promise.race([once(rsync, 'close'), once(rsync, 'message').then(() => undefined)]);
    const closed = (await ended) as [number, Buffer] | undefined;
    // rsync ends at once when its input does. It takes half a second to end after a signal.
    rsync.close(1000);
    reason = closed?.[1].toString() ?? '';
    const socket = connectTcp(Number(port), hostname);
    idle.push(socket.on('error', () => undefined));
    await once(socket, 'connect');
    expect(idle.length).toBeLessThan(64);
  }
  expect(reason).toBe('rsync could not be started');
  for (const socket of idle) socket.destroy();
  const source = temporaryFolder();
  writeFiles(source, files);
  expect(await send(server, 'tree', session, source, session.upload)).toMatchObject({ exit: 0 });
  expect(await server.api.commit('tree', session.id)).toMatchObject({ status: 200 });
});

test('a server whose output nobody reads keeps running', async () => {
  server = await startChildServer(bundle, temporaryFolder());
  server.process.stdout?.destroy();
  server.process.stderr?.destroy();
  await server.api.makeTree('tree');
  expect(await push(server, 'tree', 0, { a: '1' })).toBe(1);
});

test('a server starts even if its output is closed before it listens', async () => {
  const child = spawn(process.execPath, [bundle, 'serve', '--port', '0', '--data', temporaryFolder()], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  let log = '';
  for await (const text of child.stderr.setEncoding('utf8')) {
    log += String(text);
    if (log.includes('"listening"')) break;
  }
  const url = /"url":"([^"]*)"/.exec(log)?.[1];
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  child.kill('SIGKILL');
});
