import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Duplex } from 'node:stream';
import WebSocket from 'ws';
import { errorCodeHeader } from '../../../../server/src/contract/errorCodes';
import { maxMessageBytes, rsyncUpgrade } from '../../../../server/src/contract/frames';
import { FrameSocket, type RsyncSocket } from '../../../../server/src/contract/frameSocket';
import { PalmtreeError } from '../../errors';
import { socketPath } from '../transfer/socketPath';
import { refusedUpgrade } from './refusedUpgrade';

const openTimeoutMs = 15_000;

export interface ConnectionOptions {
  readonly url: string;
  readonly headers: Record<string, string>;
  /** Opens the stream of a server that is not reached over a port. */
  readonly openSocket?: (() => Duplex) | undefined;
  /** Resolves when `openSocket` can reach the server, which may take longer than an attempt. Throws PalmtreeError. */
  readonly ready?: ((signal: AbortSignal) => Promise<void>) | undefined;
  readonly signal: AbortSignal;
  /** The protocol that the server accepts instead of a WebSocket, if any. */
  readonly upgrade?: string | undefined;
}

/** The hosts that are reached by a WebSocket only, since a proxy lets no other protocol pass. */
const webSocketOnly = new Set<string>();

/**
 * Opens a connection to the session's rsync, paused: the daemon greets at once. It has the frames of `rsyncUpgrade` if both
 * ends know them and nothing in between refuses them, and else is a WebSocket. Throws cancelled, connection_lost, and the
 * errors of `refusedUpgrade` and of `ready`.
 */
export async function openRsyncConnection(options: ConnectionOptions): Promise<RsyncSocket> {
  if (options.signal.aborted) throw new PalmtreeError('cancelled', 'cancelled before the rsync connection was opened');
  if (options.upgrade !== rsyncUpgrade || webSocketOnly.has(hostOf(options))) return openWebSocket(options);
  const framed = await openFrames(options);
  if (framed !== undefined) return framed;
  const socket = await openWebSocket(options);
  useWebSocketOnly(options);
  return socket;
}

/** To be called for a connection on which nothing has arrived: a proxy may accept what it does not pass on. */
export function useWebSocketOnly(options: Pick<ConnectionOptions, 'url'>): void {
  webSocketOnly.add(hostOf(options));
}

function hostOf({ url }: Pick<ConnectionOptions, 'url'>): string {
  return new URL(url).host;
}

/** Returns undefined if a WebSocket may be possible where this is not. */
async function openFrames(options: ConnectionOptions): Promise<RsyncSocket | undefined> {
  const { url, headers, signal, openSocket, ready } = options;
  await ready?.(signal);
  const target = new URL(url.replace(/^ws/, 'http'));
  const send = target.protocol === 'https:' ? requestHttps : requestHttp;
  const upgrade = { headers: { ...headers, connection: 'Upgrade', upgrade: rsyncUpgrade }, signal };
  const request = send(target, { ...upgrade, ...(openSocket && { socketPath, createConnection: openSocket }) });
  return new Promise((resolve, reject) => {
    request.setTimeout(openTimeoutMs, () => request.destroy());
    request.once('upgrade', (response: IncomingMessage, stream: Duplex, head: Buffer) => {
      if (response.headers.upgrade !== rsyncUpgrade) {
        stream.destroy();
        return resolve(undefined);
      }
      const socket = new FrameSocket(stream, head);
      socket.pause();
      resolve(socket);
    });
    request.once('response', (response) => {
      request.destroy();
      if (isAnswered(response)) reject(refusedUpgrade(url, response));
      else resolve(undefined);
    });
    request.on('error', (error) => {
      if (error instanceof PalmtreeError) reject(error);
      else if (signal.aborted)
        reject(new PalmtreeError('cancelled', 'cancelled while the rsync connection was opened'));
      else resolve(undefined);
    });
    request.end();
  });
}

/** Whether the server itself has refused the session, and would refuse a WebSocket too. It knows this route only with an upgrade. */
function isAnswered({ headers }: IncomingMessage): boolean {
  const code = headers[errorCodeHeader];
  return code !== undefined && code !== 'not_found' && code !== 'invalid_request';
}

/**
 * Masking keeps proxies from mistaking a web page's data for an HTTP request (RFC 6455, 10.3). Under TLS and on this
 * machine no proxy reads the data, and masking only costs time: neither end applies a mask of zeros.
 */
function canSkipMasking({ protocol, hostname }: URL): boolean {
  return ['wss:', 'https:'].includes(protocol) || ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}

function zeroMask(mask: Buffer): void {
  mask.fill(0);
}

/** The address and the options of a WebSocket over a stream. */
function overStream(url: string, openSocket: () => Duplex): { address: string; options: WebSocket.ClientOptions } {
  const { pathname, search } = new URL(url);
  const open = (): Duplex => {
    const stream: Duplex & { setTimeout?(ms: number): void } = openSocket();
    stream.setTimeout?.(openTimeoutMs);
    return stream;
  };
  const createConnection = open as unknown as WebSocket.ClientOptions['createConnection'];
  return { address: `ws+unix:${socketPath}:${pathname}${search}`, options: { createConnection } };
}

async function openWebSocket({ url, headers, signal, openSocket, ready }: ConnectionOptions): Promise<RsyncSocket> {
  await ready?.(signal);
  const { address, options } = openSocket === undefined ? { address: url, options: {} } : overStream(url, openSocket);
  const socket = new WebSocket(address, {
    ...options,
    headers,
    handshakeTimeout: openTimeoutMs,
    perMessageDeflate: false,
    ...(openSocket !== undefined || canSkipMasking(new URL(url)) ? { generateMask: zeroMask } : {}),
    maxPayload: maxMessageBytes,
    autoPong: false,
  });
  return new Promise((resolve, reject) => {
    const onAbort = (): void => socket.terminate();
    const removeListeners = (): void => {
      signal.removeEventListener('abort', onAbort);
      socket.removeAllListeners();
    };
    signal.addEventListener('abort', onAbort);
    socket.once('open', () => {
      socket.pause();
      removeListeners();
      resolve(socket);
    });
    socket.once('unexpected-response', (request, response) => {
      request.destroy();
      removeListeners();
      socket.on('error', () => undefined);
      reject(refusedUpgrade(url, response));
    });
    socket.once('error', (error) => {
      removeListeners();
      // After `terminate` on a connecting socket, ws emits a second error.
      socket.on('error', () => undefined);
      if (error instanceof PalmtreeError && !signal.aborted) return reject(error);
      const code = signal.aborted ? 'cancelled' : 'connection_lost';
      const details = { subject: new URL(url).host, reason: error.message };
      reject(new PalmtreeError(code, `could not open the rsync connection: ${error.message}`, { details }));
    });
  });
}
