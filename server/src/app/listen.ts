import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { serve, type WebSocketServerLike } from '@hono/node-server';
import type { Hono } from 'hono';
import { WebSocketServer } from 'ws';
import { OperatorError } from '../errors';
import type { AppEnv } from '../http/appEnv';

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** The time, in milliseconds, in which a client must send more of a request or read more of a response. */
  readonly stallMs?: number;
}

export interface Listening {
  readonly url: string;
  /** Closes all connections. Requests in progress get `graceMs` to end. */
  close(graceMs: number): Promise<void>;
}

/** A message stays in memory until rsync has read it. A client's message is one read from its socket, about 64 KiB. */
const maxMessageBytes = 4 << 20;
const defaultStallMs = 60_000;

export async function listen(
  app: Hono<AppEnv>,
  { host, port, tls, stallMs = defaultStallMs }: ListenOptions,
): Promise<Listening> {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: maxMessageBytes });
  const secure =
    tls === undefined
      ? {}
      : { createServer: createHttpsServer, serverOptions: { cert: read(tls.certFile), key: read(tls.keyFile) } };
  const options = {
    fetch: app.fetch,
    hostname: host,
    port,
    websocket: { server: sockets as WebSocketServerLike },
    ...secure,
  };
  const server = await new Promise<Server>((resolve, reject) => {
    try {
      const started = serve(options, () => resolve(started)) as Server;
      started.once('error', (error) => reject(listenError(error, host, port)));
    } catch (error) {
      if (tls === undefined) throw error;
      reject(tlsError(tls, error));
    }
  });
  // On a slow line, the body of a big push takes longer than Node's default of five minutes.
  server.requestTimeout = 0;
  endStalledConnections(server, stallMs);
  const address = server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${name}:${address.port}`,
    close: (graceMs) => close(server, sockets, graceMs),
  };
}

/** A connection on which the server works is not stalled. */
function endStalledConnections(server: Server, stallMs: number): void {
  const exchanges = new WeakMap<Socket, { readonly request: IncomingMessage; readonly response: ServerResponse }>();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    exchanges.set(request.socket, { request, response });
  });
  // Node also reports here that a connection had no next request, and with this listener does not end it itself.
  server.setTimeout(stallMs, (socket: Socket) => {
    const { request, response } = exchanges.get(socket) ?? {};
    const isWorking = request?.complete === true && response?.writableEnded === false && socket.writableLength === 0;
    if (!isWorking) socket.destroy();
  });
}

async function close(server: Server, sockets: WebSocketServer, graceMs: number): Promise<void> {
  for (const socket of sockets.clients) socket.terminate();
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new OperatorError(`The file ${file} cannot be read (${code}). Check its path and its permissions.`);
  }
}

function tlsError({ certFile, keyFile }: { certFile: string; keyFile: string }, cause: unknown): OperatorError {
  const fix = 'Give a PEM certificate with --tls-cert and its private key with --tls-key.';
  return new OperatorError(`${certFile} and ${keyFile} are not a certificate and its key. ${fix}`, { cause });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE')
    return new OperatorError(`Port ${port} on ${host} is in use. Choose another with --port.`);
  if (error.code === 'EACCES') {
    return new OperatorError(`This user may not listen on port ${port}. Choose a port above 1023 with --port.`);
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new OperatorError(`${host} is not an address of this machine. Choose another with --host.`);
  }
  return error;
}
