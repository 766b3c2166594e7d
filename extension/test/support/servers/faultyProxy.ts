import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP proxy in front of a server. It counts bytes, freezes connections as sleep or another Wi-Fi does, and cuts them. */
export class FaultyProxy {
  /** The bytes that have passed in both directions. */
  bytes = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #frozen = new WeakSet<Socket>();
  #port = 0;
  #isFrozen = false;
  #isRefusing = false;
  #alarm: { readonly at: number; readonly ring: () => void } | undefined;

  private constructor(target: string) {
    const { hostname, port } = new URL(target);
    this.#server = createServer((near) => {
      if (this.#isRefusing) near.destroy();
      else this.#join(near, connect(Number(port), hostname));
    });
  }

  static async open(target: string): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    proxy.#port = (proxy.#server.address() as AddressInfo).port;
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Resolves when this many more bytes have passed. */
  after(bytes: number): Promise<void> {
    return new Promise((resolve) => {
      this.#alarm = { at: this.bytes + bytes, ring: resolve };
    });
  }

  /** Passes nothing on. The open connections stay frozen forever, new ones until `thaw`. */
  freeze(): void {
    this.#isFrozen = true;
    for (const socket of this.#sockets) this.#freezeSocket(socket);
  }

  /** Ends the open connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Ends new connections at once. */
  refuse(): void {
    this.#isRefusing = true;
  }

  /** Lets new connections through again. */
  thaw(): void {
    this.#isFrozen = false;
    this.#isRefusing = false;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #join(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', (chunk) => {
        this.#count(chunk.length);
        if (!to.write(chunk)) from.pause();
      });
      to.on('drain', () => {
        if (!this.#frozen.has(from)) from.resume();
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => this.#sockets.delete(from));
      if (this.#isFrozen) this.#freezeSocket(from);
    }
  }

  #freezeSocket(socket: Socket): void {
    this.#frozen.add(socket);
    socket.pause();
  }

  #count(bytes: number): void {
    this.bytes += bytes;
    if (this.#alarm === undefined || this.bytes < this.#alarm.at) return;
    const { ring } = this.#alarm;
    this.#alarm = undefined;
    ring();
  }
}
