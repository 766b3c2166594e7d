import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from '../../test/temporaryFolder';
import { greeting } from '../contract/channels/greeting';
import { Multiplexer } from '../contract/channels/multiplexer';
import { unlimited } from '../token';
import { clientSocketName, sendLine } from './introduction';
import { serveClient } from './serveClient';

/** A server that has accepted the connection of one client. */
async function startServer() {
  const dataFolder = temporaryFolder();
  const file = join(dataFolder, clientSocketName);
  const listener = createServer().listen(file);
  onTestFinished(() => void listener.close());
  await once(listener, 'listening');
  const server = connect(file);
  const [welcoming] = (await once(listener, 'connection')) as [Socket];
  return { dataFolder, listener, server, welcoming };
}

const client = { name: 'laptop', limits: unlimited, stay: false };

test('a channel that the client has given up leaves no connection behind', async () => {
  const { dataFolder, listener, server, welcoming } = await startServer();
  sendLine(welcoming, { id: 1 });

  const [input, output] = [new PassThrough(), new PassThrough()];
  const served = serveClient(server, { ...client, dataFolder, input, output });
  expect(String((await once(output, 'data'))[0])).toBe(`${greeting}\n`);
  const channels = new Multiplexer();
  channels.start(output, input);
  const connected = once(listener, 'connection') as Promise<[Socket]>;
  channels.open().destroy();
  const [connection] = await connected;
  expect(await text(connection)).toBe('');
  channels.close();
  await served;
});

test('a client is told whether the server is silent or has ended', async () => {
  const { dataFolder, server, welcoming } = await startServer();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const [input, output] = [new PassThrough(), new PassThrough()];
  const silent = serveClient(server, { ...client, dataFolder, input, output });
  vi.advanceTimersByTime(15_000);
  await expect(silent).rejects.toThrow('The server has not answered for 15 seconds.');
  const gone = serveClient(server, { ...client, dataFolder, input, output });
  welcoming.destroy();
  await expect(gone).rejects.toThrow('The server has ended.');
});
