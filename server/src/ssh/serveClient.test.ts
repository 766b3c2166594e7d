import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../test/temporaryFolder';
import { greeting } from '../contract/channels/greeting';
import { Multiplexer } from '../contract/channels/multiplexer';
import { unlimited } from '../token';
import { clientSocketName, sendLine } from './introduction';
import { serveClient } from './serveClient';

test('a channel that the client has given up leaves no connection behind', async () => {
  const dataFolder = temporaryFolder();
  const file = join(dataFolder, clientSocketName);
  const listener = createServer().listen(file);
  onTestFinished(() => void listener.close());
  await once(listener, 'listening');
  const server = connect(file);
  const [welcoming] = (await once(listener, 'connection')) as [Socket];
  sendLine(welcoming, { id: 1 });

  const [input, output] = [new PassThrough(), new PassThrough()];
  const served = serveClient(server, { dataFolder, name: 'laptop', limits: unlimited, stay: false, input, output });
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
