import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import WebSocket from 'ws';

export interface TcpBridge {
  readonly port: number;
  /** The bytes that the rsync client has sent and received. */
  readonly counts: { sent: number; received: number };
  /** The server's close code and reason, or the HTTP status of a refused upgrade. */
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Reports that the rsync client has ended, perhaps without connecting. */
  clientEnded(): void;
  /** Breaks the connection as a network failure does. */
  cut(): void;
}

export interface BridgeTarget {
  readonly url: string;
  readonly token: string;
  /** By default that of a WebSocket. */
  readonly connect?: Connect | undefined;
}

export type Connect = (url: string, token: string) => WebSocket;

/** Connects one TCP client to one WebSocket, which it opens when the TCP client connects. */
export async function openTcpBridge({ url, token, connect: open = connect }: BridgeTarget): Promise<TcpBridge> {
  const counts = { sent: 0, received: 0 };
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  let webSocket: WebSocket | undefined;
  const listener = createServer((socket) => {
    listener.close();
    webSocket = open(url, token);
    join(socket, webSocket, counts);
    webSocket.on('unexpected-response', (_request, response) => {
      closed.resolve({ code: response.statusCode ?? 0, reason: response.statusMessage ?? '' });
      socket.destroy();
    });
    webSocket.on('close', (code, reason) => closed.resolve({ code, reason: reason.toString() }));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: (listener.address() as AddressInfo).port,
    counts,
    closed: closed.promise,
    clientEnded: () => {
      listener.close();
      if (webSocket === undefined) closed.resolve({ code: 0, reason: 'no client connected' });
    },
    cut: () => {
      listener.close();
      webSocket?.terminate();
    },
  };
}

export function connect(url: string, token: string): WebSocket {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), {
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
  });
  socket.on('error', () => undefined);
  return socket;
}

function join(socket: Socket, webSocket: WebSocket, counts: TcpBridge['counts']): void {
  socket.pause();
  socket.on('error', () => undefined);
  webSocket.on('open', () => socket.resume());
  socket.on('data', (chunk) => {
    counts.sent += chunk.length;
    webSocket.send(chunk, () => {
      if (webSocket.bufferedAmount < 1 << 20) socket.resume();
    });
    if (webSocket.bufferedAmount > 4 << 20) socket.pause();
  });
  webSocket.on('message', (message: Buffer) => {
    counts.received += message.length;
    if (!socket.write(message)) webSocket.pause();
  });
  socket.on('drain', () => webSocket.resume());
  socket.on('close', () => webSocket.close(1000));
  webSocket.on('close', (code) => (code === 1000 ? socket.end() : socket.destroy()));
}
