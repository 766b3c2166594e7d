import { randomBytes } from 'node:crypto';
import { once, type EventEmitter } from 'node:events';
import { readdirSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiClient } from '../apiClient';
import { puts } from '../changes';
import { buildServer, runCommand, startChildServer, type ChildServer } from '../childServer';
import { eventually } from '../eventually';
import { connect } from '../tcpBridge';
import { temporaryFolder } from '../temporaryFolder';
import { push } from '../transfers';

let bundle: string;
let dataFolder: string;
let server: ChildServer;
let origin: string;

beforeAll(async () => {
  bundle = await buildServer();
  dataFolder = temporaryFolder();
  server = await startChildServer(bundle, dataFolder);
  ({ origin } = new URL(await server.rsyncUrl('tree', 'x')));
  await server.api.makeTree('tree');
  await push(server, 'tree', 0, { big: randomBytes(32 << 20) });
});
afterAll(() => server.kill('SIGKILL'));

const run = async (...args: string[]) => {
  const result = await runCommand(bundle, ['token', ...args, '--data', dataFolder]);
  expect(result).toMatchObject({ code: 0 });
  return result.stdout.trim();
};

/** A new token, and everything that a client does with it. Each `ended` resolves when its connection is closed. */
async function useToken(name: string) {
  const token = await run('create', name);
  const api = new ApiClient((path, init) => fetch(origin + path, init), token);
  const headers = { authorization: `Bearer ${token}` };
  const { body: pushed } = await api.beginPush('tree', { base: 1, changes: puts({ [name]: name }) });
  const { body: pulled } = await api.beginPull('tree', { revision: 1, paths: ['big'] });
  const get = async (path: string) => {
    const sent = request(`${origin}/v1/trees/tree/${path}`, { headers }).end();
    sent.on('error', () => undefined);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    return response;
  };
  const content = await get('content?path=big&revision=1');
  const events = await get('events');
  let received = '';
  events.setEncoding('utf8').on('data', (text: string) => (received += text));
  const upload = request(`${origin}/v1/trees/tree/pushes`, { method: 'POST', headers });
  upload.on('error', () => undefined).write('{"base":1,');
  const sockets = [pushed, pulled].map(({ id }) => connect(`${origin}/v1/trees/tree/sessions/${id}/rsync`, token));
  await Promise.all(sockets.map((socket) => once(socket, 'message')));
  const ends = [events, upload, ...sockets].map(closed);
  return { api, sessions: [pushed.id, pulled.id], ended: Promise.all(ends), content, events: () => received, sockets };
}

test('revoking a token ends all that its clients do, and removes its sessions; another token goes on', async () => {
  const [lost, kept] = [await useToken('lost'), await useToken('kept')];
  await run('revoke', 'lost');
  await lost.ended;
  // Its client has read nothing so far, and now reads what the sockets have buffered.
  await closed(lost.content.resume());
  expect(lost.content.complete).toBe(false);
  expect(lost.events()).toContain('event: revision');
  // The stream has ended before its first heartbeat.
  expect(lost.events()).not.toContain(': \n\n');
  await eventually(() => expect(sessions(lost.sessions)).toEqual([]));
  expect(await lost.api.commit('tree', lost.sessions[0] ?? '')).toMatchObject({ status: 401 });
  expect(sessions(kept.sessions)).toHaveLength(2);
  for (const socket of kept.sockets) expect(socket.readyState).toBe(socket.OPEN);
});

const closed = (use: EventEmitter) => new Promise<void>((resolve) => use.once('close', resolve));

function sessions(ids: readonly string[]): string[] {
  return readdirSync(join(dataFolder, 'sessions')).filter((name) => ids.some((id) => name.startsWith(id)));
}
