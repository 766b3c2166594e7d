import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { connectToFolderSocket } from '../administration/folderSocket';
import type { Channel } from '../contract/channels/channel';
import { greeting } from '../contract/channels/greeting';
import { Multiplexer } from '../contract/channels/multiplexer';
import { OperatorError } from '../errors';
import type { TokenLimits } from '../token';
import { firstLineMs, LineTimeout, nextLine } from './nextLine';
import { answerIn, clientSocketName, sendLine } from './introduction';

export interface ClientRequest {
  readonly dataFolder: string;
  readonly name: string;
  readonly limits: TokenLimits;
  readonly stay: boolean;
  readonly input: Readable;
  readonly output: Writable;
}

const serverGone = 'The server has ended.';
const serverSilent = `The server has not answered for ${firstLineMs / 1000} seconds.`;

/**
 * Carries the channels of one client to the server that listens at the other end of `server`, until either has left. Throws
 * OperatorError if the server refuses the client, sends it away or has ended.
 */
export async function serveClient(server: Socket, request: ClientRequest): Promise<void> {
  const { name, stay, input, output } = request;
  server.on('error', () => undefined);
  sendLine(server, { hello: name, stay });
  const id = await welcomed(server);
  const channels = new Multiplexer({ onChannel: (channel) => void carry(channel, id, request) });
  output.write(`${greeting}\n`);
  channels.start(input, output);
  const dismissed = nextLine(server).then(
    (line) => channels.close(new OperatorError(refusalIn(line))),
    () => channels.close(new OperatorError(serverGone)),
  );
  const fault = await channels.closed;
  server.destroy();
  await dismissed;
  if (fault !== undefined) throw fault;
}

async function welcomed(server: Socket): Promise<number> {
  const line = await nextLine(server, firstLineMs).catch((error: unknown) => {
    throw new OperatorError(error instanceof LineTimeout ? serverSilent : serverGone, { cause: error });
  });
  const answer = answerIn(line);
  if ('id' in answer) return answer.id;
  throw new OperatorError(refusalIn(line));
}

function refusalIn(line: string): string {
  const answer = answerIn(line);
  return 'error' in answer ? answer.error : serverGone;
}

/** Joins a channel to a connection of its own. */
async function carry(channel: Channel, id: number, { dataFolder, limits }: ClientRequest): Promise<void> {
  try {
    const socket = await connectToFolderSocket(dataFolder, clientSocketName);
    if (socket === undefined) throw new Error(serverGone);
    // The client has given the channel up meanwhile.
    if (channel.destroyed) return void socket.destroy();
    socket.on('error', (error) => channel.destroy(error));
    socket.once('close', (hadError) => {
      if (hadError) channel.destroy();
    });
    channel.once('close', () => {
      if (!channel.readableEnded || !channel.writableFinished) socket.destroy();
    });
    sendLine(socket, { id, trees: limits.trees === null ? null : [...limits.trees], readOnly: limits.readOnly });
    if (!('accepted' in answerIn(await nextLine(socket, firstLineMs))))
      throw new Error('the server refused the connection');
    if (channel.destroyed) return void socket.destroy();
    channel.pipe(socket);
    socket.pipe(channel);
  } catch (error) {
    channel.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}
