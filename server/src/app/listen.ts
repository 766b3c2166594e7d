import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { serve, type WebSocketServerLike } from '@hono/node-server';
import type { Hono } from 'hono';
import { WebSocketServer } from 'ws';
import type { AppEnv } from '../http/appEnv';
import { StartError } from '../errors';

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
}

export interface Listening {
  readonly url: string;
  /** Ends all connections; requests that are being answered have `graceMs` to end. */
  close(graceMs: number): Promise<void>;
}

/** A message is kept whole until rsync has read it: clients send what they read from a socket, 64 KiB or so. */
const maxMessageBytes = 4 << 20;

export async function listen(app: Hono<AppEnv>, { host, port, tls }: ListenOptions): Promise<Listening> {
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
      const starting = serve(options, () => resolve(starting)) as Server;
      starting.once('error', (error) => reject(startError(error, host, port)));
    } catch (error) {
      if (tls === undefined) throw error;
      reject(new StartError(`${tls.certFile} and ${tls.keyFile} are not a certificate and its key`, { cause: error }));
    }
  });
  // The body of a big push may take longer than Node's five minutes on a slow line.
  server.requestTimeout = 0;
  const address = server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${name}:${address.port}`,
    close: (graceMs) => close(server, sockets, graceMs),
  };
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
    throw new StartError(`cannot read ${file} (${(error as NodeJS.ErrnoException).code})`);
  }
}

function startError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') return new StartError(`port ${port} on ${host} is in use`);
  if (error.code === 'EACCES') return new StartError(`port ${port} on ${host} needs more rights`);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new StartError(`${host} is not an address of this machine`);
  }
  return error;
}
