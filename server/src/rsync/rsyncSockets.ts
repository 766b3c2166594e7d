import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { FrameSocket } from '../contract/frameSocket';
import { maxMessageBytes, rsyncUpgrade } from '../contract/frames';

/** Pongs for a client that does not read would fill the memory. */
const highWaterBytes = 1 << 20;

/** Whether the client asks for `rsyncUpgrade`, whatever the request's headers were changed to. */
export function asksForFrames({ rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.some((value, index) => {
    return index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'upgrade' && value.trim() === rsyncUpgrade;
  });
}

/** Upgrades connections to WebSockets, or to frames for the clients that ask for them. */
export class RsyncSockets extends WebSocketServer {
  readonly #framed = new Set<FrameSocket>();

  constructor() {
    // A message stays in memory until rsync has read it.
    super({ noServer: true, perMessageDeflate: false, maxPayload: maxMessageBytes });
  }

  override handleUpgrade(
    request: IncomingMessage,
    stream: Duplex,
    head: Buffer,
    callback: (socket: WebSocket, request: IncomingMessage) => void,
  ): void {
    if (!asksForFrames(request)) return super.handleUpgrade(request, stream, head, callback);
    const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', `Upgrade: ${rsyncUpgrade}`];
    this.emit('headers', lines, request);
    stream.write(`${lines.join('\r\n')}\r\n\r\n`);
    const socket = new FrameSocket(stream, head);
    socket.on('ping', (data) => {
      if (socket.bufferedAmount < highWaterBytes) socket.pong(data);
    });
    this.#framed.add(socket);
    socket.on('close', () => this.#framed.delete(socket));
    // The server uses only the part of it that is in `RsyncSocket`.
    callback(socket as unknown as WebSocket, request);
  }

  terminateAll(): void {
    for (const socket of [...this.clients, ...this.#framed]) socket.terminate();
  }
}
