import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import WebSocket from 'ws';
import { refusedClosure } from '../../../../server/src/contract/protocol';
import { PalmtreeError } from '../../errors';
import { refusedUpgrade } from './refusedUpgrade';

const openTimeoutMs = 15_000;
/** The longest time without a sign of the server. Before a ping, megabytes may wait for a slow line. */
const defaultSilenceMs = 30_000;
const pingsPerSilence = 6;
/** The longest time without payload. Keep-alives of a half-frozen peer would reset rsync's own --timeout. */
const stallTimeoutMs = 120_000;
/** The WebSocket close code of a connection that was lost: no server sends it. */
const abnormalClosure = 1006;
/** The time for one end to take what is left after the other end has gone. */
const partingMs = 5_000;
/** The contract's limit for a WebSocket message. */
const maxFrameBytes = 4 << 20;
const highWaterBytes = 4 << 20;
const lowWaterBytes = 1 << 20;

export interface BridgeOptions {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
  /** The longest time without a sign of the server, in milliseconds. */
  readonly silenceMs?: number | undefined;
  /** The most that the server may send, in bytes. */
  readonly maxReceivedBytes: number;
}

/**
 * Connects the local rsync, over TCP on 127.0.0.1, to the server's rsync, over a WebSocket. Memory stays bounded: each
 * side is paused while the other is behind.
 * Invariant: the listener accepts one connection and closes; each run needs a bridge of its own.
 */
export class Bridge {
  sentBytes = 0;
  receivedBytes = 0;
  readonly #listener: Server;
  readonly #webSocket: WebSocket;
  readonly #options: BridgeOptions;
  #rsyncSocket: Socket | undefined;
  #isClosedByServer = false;
  #partingTimer: NodeJS.Timeout | undefined;
  readonly #gone = new AbortController();
  #failure: PalmtreeError | undefined;
  #isRefused = false;
  #lastSign = performance.now();
  readonly #silenceMs: number;
  #lastBytes = 0;
  #idleSince = performance.now();
  readonly #livenessTimer: NodeJS.Timeout;

  /**
   * Resolves when the server has accepted the session and the local port is open. Throws cancelled, connection_lost, and
   * the errors of `refusedUpgrade`.
   */
  static async open(options: BridgeOptions): Promise<Bridge> {
    const listener = await listen();
    try {
      // No await before the constructor attaches its listeners: an error of a socket without one ends the process.
      return new Bridge(options, await openWebSocket(options), listener);
    } catch (error) {
      listener.close();
      throw error;
    }
  }

  private constructor(options: BridgeOptions, webSocket: WebSocket, listener: Server) {
    this.#options = options;
    this.#webSocket = webSocket;
    this.#listener = listener;
    this.#silenceMs = options.silenceMs ?? defaultSilenceMs;
    this.#livenessTimer = setInterval(() => this.#checkLiveness(), this.#silenceMs / pingsPerSilence);
    listener.once('connection', (socket) => this.#connectRsync(socket));
    webSocket.on('pong', () => this.#noteSign());
    // Pongs for a server that does not read would fill the memory.
    webSocket.on('ping', (data) => {
      if (webSocket.bufferedAmount < highWaterBytes && webSocket.readyState === WebSocket.OPEN) webSocket.pong(data);
    });
    webSocket.on('error', (error) => this.#fail('connection_lost', error.message));
    webSocket.on('close', (code, reason) => {
      this.#isRefused = code === refusedClosure;
      this.#isClosedByServer = code !== abnormalClosure;
      if (code !== 1000) this.#fail('connection_lost', `closed with ${code} ${reason.toString()}`.trim());
      this.#rsyncSocket?.end();
      this.close();
      this.#endWhenBothAreClosed();
    });
    options.signal.addEventListener('abort', this.#onAbort);
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** The reason if the connection ended before rsync did. */
  get failure(): PalmtreeError | undefined {
    return this.#failure;
  }

  /** Whether the server has refused to go on. The session's status has the reason. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** Whether the server itself ended the connection: it knows why. */
  get isClosedByServer(): boolean {
    return this.#isClosedByServer;
  }

  /** Aborted 5 s after both ends have closed, for a process that still runs without having noticed. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /**
   * Ends the connection. Each end may take what is on its way to it, for 5 s at most.
   * Invariant: when either end has gone, neither is left paused: it would never notice.
   */
  close(): void {
    clearInterval(this.#livenessTimer);
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#listener.close();
    this.#partingTimer ??= setTimeout(() => this.#terminate(), partingMs);
    this.#webSocket.resume();
    this.#rsyncSocket?.resume();
    if (this.#webSocket.readyState === WebSocket.OPEN) this.#webSocket.close(1000);
    // A peer that is gone never acknowledges the close.
    if (this.#failure !== undefined) this.#terminate();
  }

  #terminate(): void {
    this.#webSocket.terminate();
    this.#rsyncSocket?.destroy();
    this.#end();
  }

  #endWhenBothAreClosed(): void {
    if (this.#webSocket.readyState === WebSocket.CLOSED && this.#rsyncSocket?.destroyed !== false) this.#end();
  }

  #end(): void {
    clearTimeout(this.#partingTimer);
    setTimeout(() => {
      this.#failure ??= this.#error('connection_lost', 'rsync did not notice its end');
      this.#gone.abort();
    }, partingMs).unref();
  }

  readonly #onAbort = (): void => this.#fail('cancelled', 'cancelled');

  #fail(code: 'connection_lost' | 'cancelled', message: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = this.#error(code, message);
    this.close();
  }

  #cut(): void {
    const { url, maxReceivedBytes: limit } = this.#options;
    const message = `the rsync of the server sent more than ${limit} bytes`;
    this.#failure ??= new PalmtreeError('too_much_data', message, { details: { subject: new URL(url).host, limit } });
    this.close();
  }

  #error(code: 'connection_lost' | 'cancelled', message: string): PalmtreeError {
    return new PalmtreeError(code, `the connection to the server: ${message}`, {
      details: { subject: new URL(this.#options.url).host, reason: message },
    });
  }

  #connectRsync(socket: Socket): void {
    this.#listener.close();
    this.#rsyncSocket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      // ws counts what it can no longer send as buffered, so rsync would be paused for ever.
      if (this.#webSocket.readyState !== WebSocket.OPEN) return;
      this.sentBytes += chunk.length;
      this.#webSocket.send(chunk, (error) => {
        if (!error) this.#noteSign();
        if (socket.isPaused() && this.#webSocket.bufferedAmount < lowWaterBytes) socket.resume();
      });
      if (this.#webSocket.bufferedAmount > highWaterBytes) socket.pause();
    });
    this.#webSocket.on('message', (data: Buffer) => {
      this.receivedBytes += data.length;
      this.#noteSign();
      if (this.receivedBytes > this.#options.maxReceivedBytes) return this.#cut();
      if (!socket.destroyed && !socket.write(data)) this.#webSocket.pause();
    });
    socket.on('drain', () => this.#webSocket.resume());
    this.#webSocket.resume();
    // rsync closes its socket when it has finished. If it has failed, its exit code has the reason.
    socket.on('error', () => this.close());
    socket.on('close', () => {
      this.close();
      this.#endWhenBothAreClosed();
    });
  }

  #checkLiveness(): void {
    const bytes = this.sentBytes + this.receivedBytes;
    if (bytes !== this.#lastBytes) {
      this.#lastBytes = bytes;
      this.#idleSince = performance.now();
    }
    if (performance.now() - this.#idleSince > stallTimeoutMs) {
      this.#fail('connection_lost', `no data for ${stallTimeoutMs / 1000} s`);
    } else if (performance.now() - this.#lastSign > this.#silenceMs && !this.#webSocket.isPaused) {
      this.#fail('connection_lost', `no response for ${this.#silenceMs / 1000} s`);
    } else {
      this.#webSocket.ping();
    }
  }

  #noteSign(): void {
    this.#lastSign = performance.now();
  }
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

async function openWebSocket({ url, headers, signal }: BridgeOptions): Promise<WebSocket> {
  if (signal.aborted) throw new PalmtreeError('cancelled', 'cancelled before the rsync connection was opened');
  const socket = new WebSocket(url, {
    headers,
    handshakeTimeout: openTimeoutMs,
    perMessageDeflate: false,
    ...(canSkipMasking(new URL(url)) ? { generateMask: zeroMask } : {}),
    maxPayload: maxFrameBytes,
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
      // The daemon greets at once: the greeting waits in the socket until rsync has connected.
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
      const code = signal.aborted ? 'cancelled' : 'connection_lost';
      const details = { subject: new URL(url).host, reason: error.message };
      reject(new PalmtreeError(code, `could not open the rsync connection: ${error.message}`, { details }));
    });
  });
}

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ pauseOnConnect: false });
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => resolve(server));
  });
}
