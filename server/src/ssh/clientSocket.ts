import { chmodSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { closeFolderSocket, withShortPath } from '../administration/folderSocket';
import { OperatorError } from '../errors';
import type { IdentifiedConnections } from '../tokens/identifiedConnections';
import type { TokenRepository } from '../tokens/tokenRepository';
import type { TokenWatch } from '../tokens/tokenWatch';
import { firstLineMs, nextLine, parsedLine } from './nextLine';
import { clientSocketName, introduction, sendLine, type Hello } from './introduction';

export interface ClientSocketDeps {
  readonly dataFolder: string;
  readonly tokens: Pick<TokenRepository, 'identify'>;
  readonly tokenWatch: Pick<TokenWatch, 'endWithToken'>;
  readonly connections: IdentifiedConnections;
  readonly log: Logger;
  /** Serves the requests of a connection. */
  readonly accept: (socket: Socket) => void;
  /** Called when the last client has left, unless one wanted the server to stay. */
  readonly onUnused: () => void;
}

/** The time, in milliseconds, in which a client whose line was cut comes back. */
const returnMs = 5_000;
/** The connections for requests that all clients of one name have at most. Each client can have 128 channels. */
const maxConnections = 400;
const revoked = 'Your access was revoked.';
const stopped = 'The server was stopped.';

/**
 * Serves the clients that `palmtree-server connect` brings. Each has one connection that says hello and stays open, and one
 * for each of its requests.
 */
export class ClientSocket {
  readonly #deps: ClientSocketDeps;
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  /** The connections that have not been answered yet. */
  readonly #newcomers = new Set<Socket>();
  /** The number of connections for the requests of each token. */
  readonly #connections = new Map<number, number>();
  #mustStay = false;
  #isClosed = false;
  /** Nobody has used the server for long enough. */
  #isOverdue = false;
  #timer: NodeJS.Timeout | undefined;

  /** The caller has the lock of the data folder. Throws if the disk cannot store sockets. */
  static async open(deps: ClientSocketDeps): Promise<ClientSocket> {
    const { dataFolder } = deps;
    const file = join(dataFolder, clientSocketName);
    rmSync(file, { force: true });
    const server = createServer({ allowHalfOpen: true });
    const socket = new ClientSocket(deps, server);
    const listening = once(server, 'listening');
    // Nobody else may connect before the mode is set: the umask of the server is 077.
    withShortPath(dataFolder, clientSocketName, (path) => server.listen(path));
    await listening;
    chmodSync(file, 0o600);
    return socket;
  }

  private constructor(deps: ClientSocketDeps, server: Server) {
    this.#deps = deps;
    this.#server = server;
    server.on('connection', (socket) => {
      socket.on('error', () => socket.destroy());
      this.#newcomers.add(socket);
      const introduced = this.#introduce(socket).finally(() => {
        this.#newcomers.delete(socket);
        this.#stopIfOverdue();
      });
      introduced.catch((error: unknown) => {
        if (this.#isClosed) return;
        deps.log.warn({ err: error }, 'a connection to the socket for ssh clients was refused');
        const message = error instanceof OperatorError ? error.message : 'The server did not understand the client.';
        sendLine(socket, { error: message });
        socket.destroySoon();
      });
    });
    this.#watchUse();
  }

  /**
   * Tells the clients, including those that have just come, and removes the file. The connections of their requests are left to the
   * HTTP server; resolves when they have ended, too.
   */
  close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const closed = new Promise<void>((resolve) => {
      closeFolderSocket(this.#server, this.#deps.dataFolder, clientSocketName, resolve);
    });
    for (const client of [...this.#clients, ...this.#newcomers]) dismiss(client, stopped);
    return closed;
  }

  async #introduce(socket: Socket): Promise<void> {
    const { connections, accept } = this.#deps;
    const line = parsedLine(introduction, await nextLine(socket, firstLineMs));
    // It has been dismissed.
    if (this.#isClosed) return;
    if ('hello' in line) return this.#welcome(socket, line);
    if (!this.#count(socket, line.id)) {
      sendLine(socket, { error: 'Too many connections are open.' });
      return socket.destroySoon();
    }
    connections.identify(socket, line);
    accept(socket);
    sendLine(socket, { accepted: true });
  }

  /** Whether the token may have one more connection. */
  #count(socket: Socket, id: number): boolean {
    const open = this.#connections.get(id) ?? 0;
    if (open >= maxConnections) return false;
    this.#connections.set(id, open + 1);
    socket.once('close', () => {
      const left = (this.#connections.get(id) ?? 1) - 1;
      if (left === 0) this.#connections.delete(id);
      else this.#connections.set(id, left);
    });
    return true;
  }

  async #welcome(socket: Socket, { hello, stay }: Hello): Promise<void> {
    const { tokens, tokenWatch, log } = this.#deps;
    const id = await tokens.identify(hello);
    if (socket.destroyed || this.#isClosed) return;
    this.#mustStay ||= stay;
    this.#clients.add(socket);
    this.#watchUse();
    const release = tokenWatch.endWithToken(id, () => dismiss(socket, revoked));
    socket.once('close', () => {
      release();
      this.#clients.delete(socket);
      log.info({ token: hello }, 'an ssh client has left');
      this.#watchUse();
    });
    socket.once('end', () => socket.end());
    socket.resume();
    log.info({ token: hello }, 'an ssh client has come');
    sendLine(socket, { id });
  }

  #watchUse(): void {
    clearTimeout(this.#timer);
    this.#isOverdue = false;
    if (this.#isClosed || this.#mustStay || this.#clients.size > 0) return;
    this.#timer = setTimeout(() => {
      this.#isOverdue = true;
      this.#stopIfOverdue();
    }, returnMs);
  }

  /** A connection that may still become a client puts off the end, and gives no more time to others. */
  #stopIfOverdue(): void {
    if (!this.#isOverdue || this.#isClosed || this.#newcomers.size > 0) return;
    this.#isOverdue = false;
    this.#deps.onUnused();
  }
}

function dismiss(client: Socket, reason: string): void {
  sendLine(client, { error: reason });
  client.destroySoon();
}
