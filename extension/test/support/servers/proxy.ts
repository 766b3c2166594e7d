import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The proxy's treatment of the response to a request for an event stream. Other responses always pass. */
export type Manner =
  | 'passes'
  /** Sends the headers at once and never the body, like a buffer that is not full. */
  | 'buffers'
  /** Sends nothing, not even the headers. */
  | 'withholds';

/** A reverse proxy with the faults of real ones. */
export class Proxy {
  manner: Manner = 'passes';
  /** The Last-Event-ID of each requested stream, in order. */
  readonly resumedFrom: (string | undefined)[] = [];
  readonly #server: Server;
  readonly #streams = new Set<ServerResponse>();
  readonly #sources = new Set<IncomingMessage>();

  private constructor(target: () => string) {
    this.#server = createServer((incoming, outgoing) => this.#forward(target(), incoming, outgoing));
  }

  static async start(target: () => string): Promise<Proxy> {
    const proxy = new Proxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get openStreams(): number {
    return this.#streams.size;
  }

  /** Closes all open streams, even in the middle of an event. */
  cut(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  /** Silences all open streams without closing them. */
  mute(): void {
    for (const source of this.#sources) source.unpipe();
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #forward(target: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method, headers, url = '/' } = incoming;
    const isStream = url.endsWith('/events');
    const onward = request(target + url, { method, headers });
    if (isStream) {
      this.resumedFrom.push(headers['last-event-id'] as string | undefined);
      this.#streams.add(outgoing);
    }
    outgoing.on('close', () => {
      this.#streams.delete(outgoing);
      onward.destroy();
    });
    onward.on('error', () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end()));
    onward.on('response', (response) => {
      const manner = isStream && response.statusCode === 200 ? this.manner : 'passes';
      if (manner === 'withholds') return;
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      outgoing.flushHeaders();
      if (manner === 'buffers') return;
      this.#sources.add(response);
      response.on('close', () => this.#sources.delete(response));
      response.pipe(outgoing);
      response.on('error', () => outgoing.destroy());
    });
    incoming.pipe(onward);
  }
}
