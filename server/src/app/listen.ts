import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createAdaptorServer, type WebSocketServerLike } from '@hono/node-server';
import type { Hono } from 'hono';
import { OperatorError } from '../errors';
import type { AppEnv } from '../http/appEnv';
import { RsyncSockets } from '../rsync/rsyncSockets';
import { openAcceptors, type Acceptors } from './acceptors';
import {
  handleOtherUpgrades,
  defaultConnectionLimits,
  limitConnections,
  type ConnectionLimits,
} from './connectionLimits';
import { limitPipelining } from './pipelining';

export interface ListenOptions {
  readonly host: string;
  /** False for a server that serves only connections that are handed to it. */
  readonly port: number | false;
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  readonly limits?: ConnectionLimits;
}

export interface Listening {
  /** Empty without a port. */
  readonly url: string;
  /** Serves a connection that was accepted elsewhere. */
  readonly accept: (socket: Socket) => void;
  /** Closes all connections. Requests in progress get `graceMs` to end; those of accepted connections until `others` resolves. */
  close(graceMs: number, others?: Promise<void>): Promise<void>;
}

export async function listen(app: Hono<AppEnv>, options: ListenOptions): Promise<Listening> {
  const { host, port, tls, limits = defaultConnectionLimits } = options;
  const sockets = new RsyncSockets();
  // Node looks for requests that exceed their deadline at this interval.
  const serverOptions = { connectionsCheckingInterval: Math.min(limits.handshakeMs, 5_000) };
  const secure =
    tls === undefined
      ? { serverOptions }
      : { createServer: createHttpsServer, serverOptions: { ...serverOptions, ...tlsOptions(tls, limits) } };
  const adaptor = { fetch: app.fetch, websocket: { server: sockets as WebSocketServerLike }, ...secure };
  const server = createAdaptor(adaptor, tls);
  const admit = limitConnections(server, limits);
  limitPipelining(server);
  handleOtherUpgrades(server);
  const accept = (socket: Socket): void => {
    // A server with TLS would begin a handshake, after which it emits the second event to serve HTTP.
    if (tls === undefined) server.emit('connection', socket);
    else if (admit(socket)) server.emit('secureConnection', socket);
  };
  if (port === false) {
    // Node watches the deadlines of connections from this event on, which a server without a port does not emit.
    server.emit('listening');
    const acceptors: Acceptors = { port: 0, close: () => Promise.resolve() };
    return { url: '', accept, close: (graceMs, others) => close({ server, acceptors, sockets }, graceMs, others) };
  }
  const acceptors = await openAcceptors(server, { host, port }).catch((error: NodeJS.ErrnoException) => {
    throw listenError(error, host, port);
  });
  const { address, family } = server.address() as AddressInfo;
  const name = family === 'IPv6' ? `[${address}]` : address;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${name}:${acceptors.port}`,
    accept,
    close: (graceMs, others) => close({ server, acceptors, sockets }, graceMs, others),
  };
}

function createAdaptor(options: Parameters<typeof createAdaptorServer>[0], tls: ListenOptions['tls']): Server {
  try {
    return createAdaptorServer(options) as Server;
  } catch (error) {
    throw tls === undefined ? error : tlsError(tls, error);
  }
}

async function close(
  { server, acceptors, sockets }: { server: Server; acceptors: Acceptors; sockets: RsyncSockets },
  graceMs: number,
  others?: Promise<void>,
): Promise<void> {
  sockets.terminateAll();
  const closed = acceptors.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await Promise.all([closed, others]);
  clearTimeout(timer);
}

function tlsOptions({ certFile, keyFile }: { certFile: string; keyFile: string }, { handshakeMs }: ConnectionLimits) {
  return { cert: read(certFile), key: read(keyFile), handshakeTimeout: handshakeMs };
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
