import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { protocol } from '../../../../server/src/contract/protocol';

type Answer = (response: ServerResponse, request: IncomingMessage) => void | Promise<void>;

/** A server that answers `whoami` as palmtree-server does, and all else as a test says. */
export class HostileServer {
  /** The method and path of each request but `whoami`. */
  readonly requests: string[] = [];
  readonly #server: Server;

  private constructor(answer: Answer) {
    this.#server = createServer((request, response) => {
      response.on('error', () => undefined);
      if (request.url === '/v1/whoami') {
        sendJson(response, whoami);
      } else {
        this.requests.push(`${request.method} ${request.url}`);
        request.resume();
        void answer(response, request);
      }
    });
  }

  static async start(answer: Answer): Promise<HostileServer> {
    const server = new HostileServer(answer);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

const whoami = { name: 'test', trees: null, server: { version: '1' }, protocol, oldestProtocol: 0 };

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

/** Resolves when the response takes more, or has been closed. */
export function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}

/** Sends `piece` until the client has gone, or `maxBytes` were sent: an attack that works has to end, too. */
export async function sendForEver(response: ServerResponse, piece: Buffer, maxBytes = 2e9): Promise<void> {
  for (let sent = 0; sent < maxBytes && !response.destroyed; sent += piece.length) {
    if (response.write(piece)) await new Promise(setImmediate);
    else await drained(response);
  }
  response.end();
}
