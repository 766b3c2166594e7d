import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { FrameReader, frameHead, frameType, type FrameType } from './frames';

/** The part of a WebSocket (as the package `ws` has it) that carries the bytes of rsync. */
export interface RsyncSocket {
  readonly readyState: number;
  /** Bytes that the system has not taken yet. */
  readonly bufferedAmount: number;
  readonly isPaused: boolean;
  send(bytes: Buffer, options: { binary: boolean; compress: boolean }, onSent: (error?: Error | null) => void): void;
  ping(data?: Buffer): void;
  pong(data?: Buffer): void;
  pause(): void;
  resume(): void;
  close(code?: number, reason?: string | Buffer): void;
  terminate(): void;
  on(event: 'message', listener: (bytes: Buffer) => void): this;
  on(event: 'ping' | 'pong', listener: (data: Buffer) => void): this;
  on(event: 'close', listener: (code: number, reason: Buffer) => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
  off(event: 'message', listener: (bytes: Buffer) => void): this;
  emit(event: 'message', bytes: Buffer, isBinary: boolean): boolean;
}

/** The values of `readyState`, as in a WebSocket. */
export const socketState = { open: 1, closing: 2, closed: 3 } as const;

/** The code of a connection that ended without a close frame: no end sends it. */
const abnormalClosure = 1006;
const noStatus = 1005;
/** The time for the other end to close the connection, too. */
const closeTimeoutMs = 30_000;

interface Closure {
  readonly code: number;
  readonly reason: Buffer;
}

const lost: Closure = { code: abnormalClosure, reason: Buffer.alloc(0) };

/**
 * Sends and receives frames over a connection that was upgraded to `rsyncUpgrade`. It behaves as a WebSocket does, except that
 * it emits the bytes of a message as they arrive, perhaps in several pieces: they are parts of a stream.
 */
export class FrameSocket extends EventEmitter implements RsyncSocket {
  readonly #stream: Duplex;
  readonly #reader = new FrameReader();
  #state: number = socketState.open;
  /** The code and the reason that the other end has sent. */
  #received: Closure | undefined;
  #closeTimer: NodeJS.Timeout | undefined;

  /** `head` is what has arrived after the headers of the upgrade. */
  constructor(stream: Duplex & { setNoDelay?(): void; setTimeout?(ms: number): void }, head: Buffer) {
    super();
    this.#stream = stream;
    stream.setTimeout?.(0);
    stream.setNoDelay?.();
    if (head.length > 0) stream.unshift(head);
    stream.on('data', (bytes: Buffer) => this.#receive(bytes));
    // Without a close frame, the connection is lost.
    stream.on('end', () => (this.#received === undefined ? stream.destroy() : stream.end()));
    stream.on('error', () => stream.destroy());
    stream.on('close', () => this.#onClosed());
  }

  get readyState(): number {
    return this.#state;
  }

  get bufferedAmount(): number {
    return this.#stream.writableLength;
  }

  get isPaused(): boolean {
    return this.#stream.isPaused();
  }

  send(bytes: Buffer, _options: unknown, onSent: (error?: Error | null) => void): void {
    this.#write(frameType.data, bytes, onSent);
  }

  ping(data: Buffer = Buffer.alloc(0)): void {
    this.#write(frameType.ping, data);
  }

  pong(data: Buffer = Buffer.alloc(0)): void {
    this.#write(frameType.pong, data);
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** Sends the reason after all that was sent before, and ends the connection. */
  close(code = noStatus, reason: string | Buffer = ''): void {
    if (this.#state !== socketState.open) return;
    const payload = Buffer.concat([Buffer.alloc(2), Buffer.from(reason)]);
    payload.writeUInt16BE(code);
    this.#write(frameType.close, payload);
    this.#state = socketState.closing;
    this.#stream.end();
    this.#closeTimer = setTimeout(() => this.#stream.destroy(), closeTimeoutMs);
    this.#closeTimer.unref();
  }

  terminate(): void {
    if (this.#state !== socketState.closed) this.#state = socketState.closing;
    this.#stream.destroy();
  }

  #write(type: FrameType, payload: Buffer, onSent?: (error?: Error | null) => void): void {
    if (this.#state !== socketState.open) return onSent?.(new Error('the connection is closed'));
    this.#stream.cork();
    this.#stream.write(frameHead(type, payload.length));
    this.#stream.write(payload, onSent);
    this.#stream.uncork();
  }

  #receive(bytes: Buffer): void {
    try {
      for (const { type, payload } of this.#reader.read(bytes)) {
        if (type === frameType.data) this.emit('message', payload, true);
        else if (type === frameType.close) this.#onCloseFrame(payload);
        else this.emit(type === frameType.ping ? 'ping' : 'pong', payload);
      }
    } catch (error) {
      this.emit('error', error);
      this.terminate();
    }
  }

  #onCloseFrame(payload: Buffer): void {
    if (payload.length < 2) throw new RangeError('a close frame has no code');
    this.#received ??= { code: payload.readUInt16BE(), reason: Buffer.from(payload.subarray(2)) };
    this.close(this.#received.code);
  }

  #onClosed(): void {
    clearTimeout(this.#closeTimer);
    this.#state = socketState.closed;
    const { code, reason } = this.#received ?? lost;
    this.emit('close', code, reason);
  }
}
