import { EventEmitter } from 'node:events';
import { request, type ClientRequest } from 'node:http';
import type WebSocket from 'ws';
import { FrameSocket, type RsyncSocket } from '../src/contract/frameSocket';
import { rsyncUpgrade } from '../src/contract/frames';

/** A client of frames that behaves as a WebSocket of `ws` does. */
class FramedClient extends EventEmitter {
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly #request: ClientRequest;
  #socket: FrameSocket | undefined;

  constructor(url: string, token: string) {
    super();
    const headers = { authorization: `Bearer ${token}`, connection: 'Upgrade', upgrade: rsyncUpgrade };
    this.#request = request(url, { headers, agent: false });
    this.#request.on('upgrade', (_response, stream, head) => this.#opened(new FrameSocket(stream, head)));
    this.#request.on('response', (response) => this.emit('unexpected-response', this.#request, response));
    this.#request.on('error', () => undefined);
    this.#request.end();
    this.on('error', () => undefined);
  }

  #opened(socket: FrameSocket): void {
    this.#socket = socket;
    socket.on('ping', (data) => this.pong(data));
    socket.on('message', (bytes) => this.emit('message', bytes, true));
    socket.on('close', (code, reason) => this.emit('close', code, reason));
    socket.on('error', (error) => this.emit('error', error));
    this.emit('open');
  }

  get readyState(): number {
    return this.#socket?.readyState ?? this.CONNECTING;
  }

  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  send(message: Buffer | string, onSent: () => void = () => undefined): void {
    this.#socket?.send(Buffer.from(message), undefined, onSent);
  }

  ping(data?: Buffer): void {
    this.#socket?.ping(data);
  }

  pong(data?: Buffer): void {
    this.#socket?.pong(data);
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  close(...closure: Parameters<RsyncSocket['close']>): void {
    this.#socket?.close(...closure);
  }

  terminate(): void {
    this.#request.destroy();
    this.#socket?.terminate();
  }
}

export function connectFramed(url: string, token: string): WebSocket {
  return new FramedClient(url, token) as unknown as WebSocket;
}
