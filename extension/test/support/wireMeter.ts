import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A line to a server that counts bytes, and that can be cut. */
export class WireMeter {
  /** Bytes to and from the server. */
  sent = 0;
  received = 0;
  #isCut = false;
  #alarm: { readonly at: number; readonly ring: () => void } | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: () => string) {
    this.#server = createServer((socket) => this.#join(socket, new URL(target())));
  }

  static async start(target: () => string): Promise<WireMeter> {
    const meter = new WireMeter(target);
    meter.#server.listen(0, '127.0.0.1');
    await once(meter.#server, 'listening');
    return meter;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get bytes(): number {
    return this.sent + this.received;
  }

  /** Resolves when so many more bytes have passed. */
  after(bytes: number): Promise<void> {
    return new Promise((resolve) => {
      this.#alarm = { at: this.bytes + bytes, ring: resolve };
    });
  }

  /** Breaks all connections, and refuses others until `mend`. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.cut();
    this.#server.close();
    await closed;
  }

  #join(client: Socket, { hostname, port }: URL): void {
    if (this.#isCut) return void client.destroy();
    const server = connect(Number(port), hostname);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.on('error', () => undefined);
      from.on('data', (chunk) => {
        if (from === client) this.sent += chunk.length;
        else this.received += chunk.length;
        this.#check();
      });
      from.pipe(to);
    }
  }

  #check(): void {
    if (this.#alarm === undefined || this.bytes < this.#alarm.at) return;
    const { ring } = this.#alarm;
    this.#alarm = undefined;
    ring();
  }
}
