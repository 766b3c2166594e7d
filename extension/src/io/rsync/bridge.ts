import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { FrameSocket, socketState, type RsyncSocket } from '../../../../server/src/contract/frameSocket';
import { refusedClosure } from '../../../../server/src/contract/protocol';
import { PalmtreeError } from '../../errors';
import { openRsyncConnection, useWebSocketOnly, type ConnectionOptions } from './rsyncConnection';

/** The longest time without a sign of the server. Before a ping, megabytes may wait for a slow line. */
const defaultSilenceMs = 30_000;
const pingsPerSilence = 6;
/** The longest time without payload. Keep-alives of a half-frozen peer would reset rsync's own --timeout. */
const stallTimeoutMs = 120_000;
/** The WebSocket close code of a connection that was lost: no server sends it. */
const abnormalClosure = 1006;
const defaultPartingMs = 5_000;
const highWaterBytes = 4 << 20;
const lowWaterBytes = 1 << 20;

export interface BridgeOptions extends ConnectionOptions {
  /** The longest time without a sign of the server, in milliseconds. */
  readonly silenceMs?: number | undefined;
  /** The time for one end to take what is left after the other end has gone, in milliseconds. */
  readonly partingMs?: number | undefined;
  /** The most that the server may send, in bytes. */
  readonly maxReceivedBytes: number;
}

/**
 * Connects the local rsync, over TCP on 127.0.0.1, to the server's rsync, over an upgraded connection. Memory stays bounded: each
 * side is paused while the other is behind.
 * Invariant: the listener accepts one connection and closes; each run needs a bridge of its own.
 */
export class Bridge {
  sentBytes = 0;
  receivedBytes = 0;
  readonly #listener: Server;
  readonly #remote: RsyncSocket;
  readonly #options: BridgeOptions;
  #rsyncSocket: Socket | undefined;
  #isClosedByServer = false;
  #partingTimer: NodeJS.Timeout | undefined;
  readonly #gone = new AbortController();
  #failure: PalmtreeError | undefined;
  #isRefused = false;
  #lastSign = performance.now();
  readonly #silenceMs: number;
  readonly #partingMs: number;
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
      return new Bridge(options, await openRsyncConnection(options), listener);
    } catch (error) {
      listener.close();
      throw error;
    }
  }

  private constructor(options: BridgeOptions, remote: RsyncSocket, listener: Server) {
    this.#options = options;
    this.#remote = remote;
    this.#listener = listener;
    this.#silenceMs = options.silenceMs ?? defaultSilenceMs;
    this.#partingMs = options.partingMs ?? defaultPartingMs;
    this.#livenessTimer = setInterval(() => this.#checkLiveness(), this.#silenceMs / pingsPerSilence);
    listener.once('connection', (socket) => this.#connectRsync(socket));
    remote.on('pong', () => this.#noteSign());
    // Pongs for a server that does not read would fill the memory.
    remote.on('ping', (data) => {
      if (remote.bufferedAmount < highWaterBytes && remote.readyState === socketState.open) remote.pong(data);
    });
    remote.on('error', (error) => this.#fail('connection_lost', error.message));
    remote.on('close', (code, reason) => {
      if (code === abnormalClosure && this.receivedBytes === 0 && remote instanceof FrameSocket)
        useWebSocketOnly(options);
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
    this.#partingTimer ??= setTimeout(() => this.#terminate(), this.#partingMs);
    this.#remote.resume();
    this.#rsyncSocket?.resume();
    if (this.#remote.readyState === socketState.open) this.#remote.close(1000);
    // A peer that is gone never acknowledges the close.
    if (this.#failure !== undefined) this.#terminate();
  }

  #terminate(): void {
    this.#remote.terminate();
    this.#rsyncSocket?.destroy();
    this.#end();
  }

  #endWhenBothAreClosed(): void {
    if (this.#remote.readyState === socketState.closed && this.#rsyncSocket?.destroyed !== false) this.#end();
  }

  #end(): void {
    clearTimeout(this.#partingTimer);
    setTimeout(() => {
      this.#failure ??= this.#error('connection_lost', 'rsync did not notice its end');
      this.#gone.abort();
    }, this.#partingMs).unref();
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
      // ws counts what it can no longer send as buffered, so rsync would be paused forever.
      if (this.#remote.readyState !== socketState.open) return;
      this.sentBytes += chunk.length;
      this.#remote.send(chunk, { binary: true, compress: false }, (error) => {
        if (!error) this.#noteSign();
        if (socket.isPaused() && this.#remote.bufferedAmount < lowWaterBytes) socket.resume();
      });
      if (this.#remote.bufferedAmount > highWaterBytes) socket.pause();
    });
    this.#remote.on('message', (data: Buffer) => {
      this.receivedBytes += data.length;
      this.#noteSign();
      if (this.receivedBytes > this.#options.maxReceivedBytes) return this.#cut();
      if (!socket.destroyed && !socket.write(data)) this.#remote.pause();
    });
    socket.on('drain', () => this.#remote.resume());
    this.#remote.resume();
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
    } else if (performance.now() - this.#lastSign > this.#silenceMs && !this.#remote.isPaused) {
      this.#fail('connection_lost', `no response for ${this.#silenceMs / 1000} s`);
    } else {
      this.#remote.ping();
    }
  }

  #noteSign(): void {
    this.#lastSign = performance.now();
  }
}

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ pauseOnConnect: false });
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => resolve(server));
  });
}
