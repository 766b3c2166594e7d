import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough, type Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import type { Channel } from './channel';
import { encodeFrame, encodeWindow, maxPayloadBytes, windowBytes } from './frames';
import { maxOpenChannels, Multiplexer } from './multiplexer';

interface Pair {
  readonly client: Multiplexer;
  readonly server: Multiplexer;
  /** The bytes on their way to the server. */
  readonly toServer: PassThrough;
  readonly toClient: PassThrough;
}

function connect(onChannel: (channel: Channel) => void, pingMs?: number): Pair {
  const ends = pingMs === undefined ? {} : { pingMs };
  const [client, server] = [new Multiplexer(ends), new Multiplexer({ onChannel, ...ends })];
  const [toServer, toClient] = [new PassThrough(), new PassThrough()];
  client.start(toClient, toServer);
  server.start(toServer, toClient);
  onTestFinished(() => {
    client.close();
    server.close();
  });
  return { client, server, toServer, toClient };
}

/** A server that receives these bytes. */
function receive(...frames: readonly Buffer[]): Multiplexer {
  const server = new Multiplexer({ onChannel: (channel) => void channel.resume() });
  const input = new PassThrough();
  server.start(input, new PassThrough().resume());
  onTestFinished(() => server.close());
  input.write(Buffer.concat(frames));
  return server;
}

const echo = (channel: Channel): void => void channel.pipe(channel);

async function readAll(stream: Duplex): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

it('carries many streams of more than a window in both directions at once', async () => {
  const { client, server } = connect(echo);
  const contents = Array.from({ length: 20 }, (_, index) => randomBytes(index * 40_000));
  const echoed = await Promise.all(
    contents.map((content) => {
      const channel = client.open();
      channel.end(content);
      return readAll(channel);
    }),
  );
  for (const [index, content] of contents.entries()) expect(echoed[index]?.equals(content)).toBe(true);
  expect([client.channelCount, server.channelCount]).toEqual([0, 0]);
});

it('keeps what one channel writes in order, however it is cut', async () => {
  const { client } = connect(echo);
  const channel = client.open();
  const pieces = Array.from({ length: 500 }, (_, index) => Buffer.alloc(1 + (index % 7) * 997, index));
  for (const piece of pieces) channel.write(piece);
  channel.end();
  expect((await readAll(channel)).equals(Buffer.concat(pieces))).toBe(true);
});

it('stops only the sender of the channel whose reader has paused', async () => {
  const accepted: Channel[] = [];
  const { client } = connect((channel) => void accepted.push(channel));
  const paused = client.open();
  const content = Buffer.alloc(8 * windowBytes, 'x');
  paused.end(content);
  const other = client.open();
  other.end('a small request');
  while (accepted.length < 2) await turn();
  expect((await readAll(accepted[1] as Channel)).toString()).toBe('a small request');
  // The rest waits at the sender.
  expect(paused.writableLength).toBeGreaterThan(0);
  expect((await readAll(accepted[0] as Channel)).length).toBe(content.length);
});

it('lets one direction end before the other', async () => {
  const { client } = connect((channel) => {
    void readAll(channel).then((request) => channel.end(`${request.toString()}, and a response`));
  });
  const channel = client.open();
  channel.end('a request');
  expect((await readAll(channel)).toString()).toBe('a request, and a response');
});

it('tells the other end that a channel was given up', async () => {
  const accepted = Promise.withResolvers<Channel>();
  const { client, server } = connect(accepted.resolve);
  const channel = client.open();
  channel.write('some data');
  const other = await accepted.promise;
  channel.destroy();
  await new Promise((resolve) => other.once('close', resolve));
  expect([client.channelCount, server.channelCount]).toEqual([0, 0]);
});

it('sends what was written before the connection was there', async () => {
  const client = new Multiplexer();
  const channel = client.open();
  channel.end('early');
  const server = new Multiplexer({ onChannel: echo });
  const [toServer, toClient] = [new PassThrough(), new PassThrough()];
  server.start(toServer, toClient);
  client.start(toClient, toServer);
  onTestFinished(() => client.close());
  expect((await readAll(channel)).toString()).toBe('early');
});

it('ends all channels when the connection is lost', async () => {
  const { client, toClient } = connect(echo);
  const channel = client.open();
  channel.write('some data');
  await once(channel, 'data');
  const failed = once(channel, 'error');
  toClient.destroy();
  expect((await failed)[0]).toMatchObject({ message: 'the connection was lost' });
  expect(await client.closed).toBeUndefined();
});

it('ends a connection whose other end has gone silent', async () => {
  const client = new Multiplexer({ pingMs: 20 });
  client.start(new PassThrough(), new PassThrough().resume());
  expect(await client.closed).toMatchObject({ message: 'the other end does not respond' });
});

it('keeps a connection on which nothing happens', async () => {
  const { client, server, toClient } = connect(echo, 50);
  let frames = 0;
  await new Promise<void>((resolve) => {
    toClient.on('data', () => {
      if (++frames > 10) resolve();
    });
  });
  const channel = client.open();
  channel.end('still there');
  expect((await readAll(channel)).toString()).toBe('still there');
  expect(server.channelCount).toBe(0);
});

it('opens no more channels than the other end accepts', async () => {
  const { client } = connect(() => undefined);
  const channels = Array.from({ length: maxOpenChannels }, () => client.open());
  const [error] = (await once(client.open(), 'error')) as [Error];
  expect(error.message).toBe('too many channels are open');
  expect(channels.every((channel) => !channel.destroyed)).toBe(true);
});

const open = (id: number): Buffer => encodeFrame('open', id);
const tooLong = encodeFrame('data', 1);
tooLong.writeUInt32BE(maxPayloadBytes + 1, 5);

it.each([
  ['has an unknown type', [Buffer.from([9, 0, 0, 0, 1, 0, 0, 0, 0])], 'unknown type 9'],
  ['is too long', [open(1), tooLong], 'has 65537 bytes'],
  ['has a payload that its type does not have', [encodeFrame('open', 1, Buffer.from('x'))], 'open has 1 bytes'],
  ['is of a channel that was never opened', [encodeFrame('data', 7, Buffer.from('x'))], 'channel 7 was never opened'],
  ['opens a channel twice', [open(1), open(1)], 'channel 1 was opened after'],
  ['opens too many channels', Array.from({ length: 257 }, (_, index) => open(index + 1)), 'too many channels'],
  ['follows the end', [open(1), encodeFrame('end', 1), encodeFrame('data', 1, Buffer.from('x'))], 'after its end'],
  ['ends a channel twice', [open(1), encodeFrame('end', 1), encodeFrame('end', 1)], 'ended twice'],
  ['widens a window without need', [open(1), encodeWindow(1, 1)], 'a wrong window'],
  ['opens a window of nothing', [open(1), encodeWindow(1, 0)], 'a wrong window'],
])('ends a connection with a frame that %s', async (_, frames, message) => {
  const fault = await receive(...frames).closed;
  expect(fault?.message).toContain(message);
});

it('ends a connection that sends more than the window of a channel', async () => {
  const accepted: Channel[] = [];
  const server = new Multiplexer({ onChannel: (channel) => void accepted.push(channel) });
  const input = new PassThrough();
  server.start(input, new PassThrough().resume());
  input.write(open(1));
  // Nobody reads the channel.
  for (let sent = 0; sent <= windowBytes + maxPayloadBytes; sent += maxPayloadBytes) {
    input.write(encodeFrame('data', 1, Buffer.alloc(maxPayloadBytes)));
  }
  expect((await server.closed)?.message).toContain('more than its window');
});

it('accepts no channel from a server', async () => {
  const client = new Multiplexer();
  const input = new PassThrough();
  client.start(input, new PassThrough().resume());
  input.write(open(1));
  expect((await client.closed)?.message).toBe('only the client opens channels');
});

it('ignores what was on its way on a channel that it has given up', async () => {
  const { client, toClient } = connect(echo);
  const channel = client.open();
  channel.destroy();
  toClient.write(encodeFrame('data', channel.id, Buffer.from('late')));
  const next = client.open();
  next.end('next');
  expect((await readAll(next)).toString()).toBe('next');
});
