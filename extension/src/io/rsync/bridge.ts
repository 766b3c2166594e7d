import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import WebSocket from 'ws';
import { PalmtreeError, type ErrorCode } from '../../errors';

const openTimeoutMs = 15_000;
const pingIntervalMs = 20_000;
/** rsync's own --timeout is reset by keep-alives of a half-frozen peer, so payload is what counts. */
const stallTimeoutMs = 120_000;
const highWaterBytes = 4 << 20;
const lowWaterBytes = 1 << 20;

export interface BridgeOptions {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
  readonly stallTimeoutMs?: number;
}

/**
 * Joins one TCP connection on 127.0.0.1 to one WebSocket on the server: rsync speaks to the one, the server's
 * rsync to the other. Memory stays bounded: each side is paused while the other is behind.
 * Invariant: the listener takes one connection and closes; a second bridge is needed for a second run.
 */
export class Bridge {
  sentBytes = 0;
  receivedBytes = 0;
  readonly #listener: Server;
  readonly #socket: WebSocket;
  readonly #options: BridgeOptions;
  #local: Socket | undefined;
  #failure: PalmtreeError | undefined;
  #answered = true;
  #lastBytes = 0;
  #idleSince = Date.now();
  readonly #pulse: NodeJS.Timeout;

  /** Resolves when the server has accepted the session and the local port is open. */
  static async open(options: BridgeOptions): Promise<Bridge> {
    const listener = await listen();
    try {
      // Nothing may come between: a socket that nobody listens to would throw its errors at the process.
      return new Bridge(options, await openSocket(options), listener);
    } catch (error) {
      listener.close();
      throw error;
    }
  }

  private constructor(options: BridgeOptions, socket: WebSocket, listener: Server) {
    this.#options = options;
    this.#socket = socket;
    this.#listener = listener;
    this.#pulse = setInterval(() => this.#checkLiveness(), pingIntervalMs);
    listener.once('connection', (local) => this.#join(local));
    socket.on('pong', () => (this.#answered = true));
    socket.on('error', (error) => this.#fail('connection_lost', error.message));
    socket.on('close', (code, reason) => {
      if (code !== 1000) this.#fail('connection_lost', `closed with ${code} ${reason.toString()}`.trim());
      this.#local?.end();
      this.close();
    });
    options.signal.addEventListener('abort', this.#onAbort);
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** Why the connection ended before rsync did, if it did. */
  get failure(): PalmtreeError | undefined {
    return this.#failure;
  }

  close(): void {
    clearInterval(this.#pulse);
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#listener.close();
    this.#socket.resume();
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.close(1000);
    // A peer that is gone never answers the close; the bridge must not wait for it.
    if (this.#failure !== undefined) {
      this.#socket.terminate();
      this.#local?.destroy();
    }
  }

  readonly #onAbort = (): void => this.#fail('cancelled', 'cancelled');

  #fail(code: 'connection_lost' | 'cancelled', message: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = new PalmtreeError(code, `the connection to the server: ${message}`, {
      details: { subject: new URL(this.#options.url).host, stderr: message },
    });
    this.close();
  }

  #join(local: Socket): void {
    this.#listener.close();
    this.#local = local;
    local.setNoDelay(true);
    local.on('data', (chunk) => {
      this.sentBytes += chunk.length;
      this.#socket.send(chunk, () => {
        if (local.isPaused() && this.#socket.bufferedAmount < lowWaterBytes) local.resume();
      });
      if (this.#socket.bufferedAmount > highWaterBytes) local.pause();
    });
    this.#socket.on('message', (data: Buffer) => {
      this.receivedBytes += data.length;
      if (!local.write(data)) this.#socket.pause();
    });
    local.on('drain', () => this.#socket.resume());
    this.#socket.resume();
    // rsync closes its socket when it has all it needs; what it died of is told by its exit code.
    local.on('error', () => this.close());
    local.on('close', () => this.close());
  }

  #checkLiveness(): void {
    const bytes = this.sentBytes + this.receivedBytes;
    if (bytes !== this.#lastBytes) {
      this.#lastBytes = bytes;
      this.#idleSince = Date.now();
    }
    const limitMs = this.#options.stallTimeoutMs ?? stallTimeoutMs;
    if (Date.now() - this.#idleSince > limitMs) {
      this.#fail('connection_lost', `no data for ${Math.round(limitMs / 1000)} s`);
    } else if (!this.#answered) {
      this.#fail('connection_lost', `no answer for ${pingIntervalMs / 1000} s`);
    } else {
      this.#answered = false;
      this.#socket.ping();
    }
  }
}

/** What a new attempt would not mend; all else counts as a lost connection. */
const refusalByStatus: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'session_not_found',
};

/**
 * Masking is there to keep what a page sends from being taken for a request by what stands between. Nothing stands
 * between under TLS and on this machine, where it only costs: a mask of zeros changes no byte, and neither end applies it.
 */
function needsNoMask({ protocol, hostname }: URL): boolean {
  return ['wss:', 'https:'].includes(protocol) || ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}

function noMask(mask: Buffer): void {
  mask.fill(0);
}

async function openSocket({ url, headers, signal }: BridgeOptions): Promise<WebSocket> {
  if (signal.aborted) throw new PalmtreeError('cancelled', 'cancelled before the rsync connection was opened');
  const socket = new WebSocket(url, {
    headers,
    handshakeTimeout: openTimeoutMs,
    perMessageDeflate: false,
    ...(needsNoMask(new URL(url)) ? { generateMask: noMask } : {}),
    maxPayload: 64 << 20,
  });
  return new Promise((resolve, reject) => {
    const onAbort = (): void => socket.terminate();
    const settle = (): void => {
      signal.removeEventListener('abort', onAbort);
      socket.removeAllListeners();
    };
    signal.addEventListener('abort', onAbort);
    socket.once('open', () => {
      // The daemon greets at once; until rsync has connected there is nobody to hear it.
      socket.pause();
      settle();
      resolve(socket);
    });
    socket.once('unexpected-response', (request, response) => {
      const status = response.statusCode ?? 0;
      request.destroy();
      settle();
      socket.on('error', () => undefined);
      const code = refusalByStatus[status] ?? 'connection_lost';
      const stderr = `the server answered HTTP ${status}`;
      const details = { subject: new URL(url).host, stderr };
      reject(new PalmtreeError(code, `could not open the rsync connection: ${stderr}`, { details }));
    });
    socket.once('error', (error) => {
      settle();
      // `terminate` on a socket that is still connecting reports once more.
      socket.on('error', () => undefined);
      const code = signal.aborted ? 'cancelled' : 'connection_lost';
      const details = { subject: new URL(url).host, stderr: error.message };
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
