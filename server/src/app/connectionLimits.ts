import { STATUS_CODES, ServerResponse, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { asksForFrames } from '../rsync/rsyncSockets';

export interface ConnectionLimits {
  /** The time for a TLS handshake and for the headers of a request, each. */
  readonly handshakeMs: number;
  /** The time in which a client must send more of a request or read more of a response. */
  readonly stallMs: number;
  readonly connections: number;
  /** Does not apply to loopback addresses: behind a reverse proxy, all clients have one. */
  readonly connectionsPerAddress: number;
}

/** A client has one event stream, some requests and at most four rsyncs at a time. */
export const defaultConnectionLimits: ConnectionLimits = {
  handshakeMs: 15_000,
  stallMs: 60_000,
  connections: 4_000,
  connectionsPerAddress: 400,
};

/**
 * Clients are told to use an idle connection for 5 s, Node's default, and it is kept this many milliseconds longer. When
 * this process has stalled, its time-outs come before the requests that have arrived meanwhile, and a connection that is
 * closed then loses one. A proxy that reuses connections does so for a minute, whatever it is told.
 */
const keptLongerMs = 70_000;

/**
 * Limits the number of connections and closes those that stall, so that clients cannot use up the file descriptors. Returns
 * the function that counts a connection which the server does not announce, and closes it if it is one too many.
 */
export function limitConnections(server: Server, limits: ConnectionLimits): (socket: Socket) => boolean {
  server.headersTimeout = limits.handshakeMs;
  // On a slow line, the body of a big push takes longer than Node's default of five minutes.
  server.requestTimeout = 0;
  server.keepAliveTimeoutBuffer = keptLongerMs;
  endStalledConnections(server, limits.stallMs);
  let open = 0;
  const connections = new Map<string, number>();
  const admit = (socket: Socket): boolean => {
    if (open >= limits.connections) return refused(socket);
    open++;
    socket.once('close', () => open--);
    const { remoteAddress: address } = socket;
    if (address === undefined || isLoopback(address)) return true;
    const count = (connections.get(address) ?? 0) + 1;
    if (count > limits.connectionsPerAddress) return refused(socket);
    connections.set(address, count);
    socket.once('close', () => {
      const left = (connections.get(address) ?? 1) - 1;
      if (left === 0) connections.delete(address);
      else connections.set(address, left);
    });
    return true;
  };
  server.on('connection', admit);
  return admit;
}

function refused(socket: Socket): false {
  socket.destroy();
  return false;
}

/** Ends connections whose client neither sends nor reads. While the server works on a request, that is no stall. */
function endStalledConnections(server: Server, stallMs: number): void {
  const exchanges = new WeakMap<Socket, { readonly request: IncomingMessage; readonly response: ServerResponse }>();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    exchanges.set(request.socket, { request, response });
  });
  // Node also reports connections without a next request here, and no longer ends them itself.
  server.setTimeout(stallMs, (socket: Socket) => {
    const { request, response } = exchanges.get(socket) ?? {};
    const isWorking = request?.complete === true && response?.writableEnded === false && socket.writableLength === 0;
    if (!isWorking) socket.destroy();
  });
}

/**
 * Handles upgrades to protocols other than those of rsync's bytes as ordinary requests, as RFC 9110 (7.8) allows. `curl
 * --http2` sends one. The listener for WebSockets alone would never respond to them.
 */
export function handleOtherUpgrades(server: Server): void {
  const [upgradeToWebSocket] = server.listeners('upgrade');
  if (upgradeToWebSocket === undefined) throw new Error('the server has no listener for upgrades');
  server.removeAllListeners('upgrade');
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const protocols = (request.headers.upgrade ?? '').split(',').map((protocol) => protocol.trim().toLowerCase());
    if (!protocols.includes('websocket') && !asksForFrames(request))
      return handleAsRequest(server, request, socket as Socket);
    // The listener would answer 500.
    if (!hasAddress(request)) return refuse(socket);
    // ws accepts no list of protocols. `RsyncSockets` looks at the original header.
    request.headers.upgrade = 'websocket';
    upgradeToWebSocket.call(server, request, socket, head);
  });
}

function handleAsRequest(server: Server, request: IncomingMessage, socket: Socket): void {
  // Node does not parse a body after the headers of an upgrade.
  if (hasBody(request)) return refuse(socket);
  socket.on('error', () => socket.destroy());
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => socket.end());
  server.emit('request', request, response);
}

function refuse(socket: Duplex): void {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 400 ${STATUS_CODES[400]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Whether the request's host and target make a URL. */
function hasAddress({ headers, url = '/' }: IncomingMessage): boolean {
  return URL.canParse(/^https?:\/\//.test(url) ? url : `http://${headers.host ?? 'localhost'}${url}`);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}
