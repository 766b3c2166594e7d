import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of an answer's body on its way. Only event streams are ever meddled with. */
export type Manner =
  | 'passes'
  /** Its headers go on at once, its body never: a buffer that is not full. */
  | 'buffers'
  /** Nothing goes on, not even the headers. */
  | 'withholds';

/** A reverse proxy of the kind that stands before servers, with the faults that they have. */
export class Proxy {
  manner: Manner = 'passes';
  /** The Last-Event-ID of each stream that was asked for. */
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

  /** Ends the streams that run, in the middle of whatever they say. */
  cut(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  /** From now on the streams that run say nothing, and look open. */
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
    onward.on('response', (answer) => {
      const manner = isStream && answer.statusCode === 200 ? this.manner : 'passes';
      if (manner === 'withholds') return;
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      outgoing.flushHeaders();
      if (manner === 'buffers') return;
      this.#sources.add(answer);
      answer.on('close', () => this.#sources.delete(answer));
      answer.pipe(outgoing);
      answer.on('error', () => outgoing.destroy());
    });
    incoming.pipe(onward);
  }
}
