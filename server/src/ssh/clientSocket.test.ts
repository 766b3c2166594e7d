import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from '../../test/temporaryFolder';
import { IdentifiedConnections } from '../tokens/identifiedConnections';
import { ClientSocket, type ClientSocketDeps } from './clientSocket';
import { clientSocketName } from './introduction';

async function openSocket(dataFolder: string, over: Partial<ClientSocketDeps> = {}): Promise<ClientSocket> {
  return ClientSocket.open({
    dataFolder,
    tokens: { identify: () => Promise.resolve(1) },
    tokenWatch: { endWithToken: () => () => undefined },
    connections: new IdentifiedConnections(),
    log: pino({ level: 'silent' }),
    accept: (socket) => void socket.once('end', () => socket.end()).resume(),
    onUnused: () => undefined,
    ...over,
  });
}

test('the connections of one client leave room for those of others', async () => {
  const dataFolder = temporaryFolder();
  const sockets: Socket[] = [];
  const clients = await openSocket(dataFolder);
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await clients.close();
  });
  const answer = async (id: number): Promise<string> => {
    const socket = connect(join(dataFolder, clientSocketName));
    sockets.push(socket);
    socket.write(`${JSON.stringify({ id, trees: null, readOnly: false })}\n`);
    return String((await once(socket, 'data'))[0]);
  };
  const accepted = '{"accepted":true}\n';
  for (let count = 0; count < 400; count++) expect(await answer(1)).toBe(accepted);
  expect(await answer(1)).toBe('{"error":"Too many connections are open."}\n');
  expect(await answer(2)).toBe(accepted);
  const [first] = sockets;
  first?.end();
  if (first !== undefined) await once(first, 'close');
  expect(await answer(1)).toBe(accepted);
});

test('a client that comes while the server stops is told so, and is not kept', async () => {
  const dataFolder = temporaryFolder();
  const asked = Promise.withResolvers<void>();
  const identity = Promise.withResolvers<number>();
  const identify = (): Promise<number> => {
    asked.resolve();
    return identity.promise;
  };
  const clients = await openSocket(dataFolder, { tokens: { identify } });
  const [silent, early] = [1, 2].map(() => connect(join(dataFolder, clientSocketName))) as [Socket, Socket];
  await once(silent, 'connect');
  early.write('{"hello":"laptop","stay":false}\n');
  await asked.promise;
  const closed = clients.close();
  identity.resolve(1);
  for (const socket of [silent, early]) expect(await text(socket)).toBe('{"error":"The server was stopped."}\n');
  await closed;
});

test('a server that nobody uses serves a client that comes in the last moment, and stops after it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const dataFolder = temporaryFolder();
  const asked = Promise.withResolvers<void>();
  const identity = Promise.withResolvers<number>();
  const identify = (): Promise<number> => {
    asked.resolve();
    return identity.promise;
  };
  const onUnused = vi.fn();
  const left = Promise.withResolvers<void>();
  const log = pino({ level: 'info' }, { write: (line) => void (line.includes('has left') && left.resolve()) });
  const clients = await openSocket(dataFolder, { tokens: { identify }, onUnused, log });
  onTestFinished(() => clients.close());
  const client = connect(join(dataFolder, clientSocketName));
  client.write('{"hello":"laptop","stay":false}\n');
  await asked.promise;
  vi.advanceTimersByTime(5_000);
  identity.resolve(1);
  expect(String((await once(client, 'data'))[0])).toBe('{"id":1}\n');
  vi.advanceTimersByTime(5_000);
  expect(onUnused).not.toHaveBeenCalled();
  client.destroy();
  await left.promise;
  vi.advanceTimersByTime(5_000);
  expect(onUnused).toHaveBeenCalledOnce();
});

test('connections that say nothing keep no server that nobody uses', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const dataFolder = temporaryFolder();
  const onUnused = vi.fn();
  const refused = Promise.withResolvers<void>();
  const log = pino({ level: 'warn' }, { write: () => refused.resolve() });
  const clients = await openSocket(dataFolder, { onUnused, log });
  onTestFinished(() => clients.close());
  vi.advanceTimersByTime(4_000);
  connect(join(dataFolder, clientSocketName)).end('nothing');
  await refused.promise;
  vi.advanceTimersByTime(1_000);
  expect(onUnused).toHaveBeenCalledOnce();
});
