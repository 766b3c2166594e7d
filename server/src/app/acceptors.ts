import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer, type AddressInfo, type Server as SocketServer } from 'node:net';

/**
 * Node takes one connection per turn of its event loop from a listening socket (`uv__server_io` of libuv). A turn takes a
 * tenth of a second when many rsyncs run, and each of them needs a connection of its own.
 */
const acceptorCount = 16;

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Acceptors {
  readonly port: number;
  /** Resolves when all connections have ended. */
  close(): Promise<void>;
}

/**
 * Lets `server` listen, on Linux through several sockets between which the kernel divides the connections. Rejects with the
 * system's error.
 */
export async function openAcceptors(server: Server, address: Address): Promise<Acceptors> {
  const acceptors: SocketServer[] = [server];
  const close = async (): Promise<void> => {
    await Promise.all(acceptors.map(closed));
  };
  try {
    if (process.platform === 'linux') await listenTogether(acceptors, server, address);
    else await listenAt(server, address);
    return { port: (server.address() as AddressInfo).port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function listenTogether(acceptors: SocketServer[], server: Server, { host, port }: Address): Promise<void> {
  const shared = { host, port: await freePort({ host, port }), reusePort: true };
  await listenAt(server, shared);
  while (acceptors.length < acceptorCount) {
    const acceptor = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      server.emit('connection', socket),
    );
    acceptors.push(acceptor);
    await listenAt(acceptor, shared);
    // Without descriptors, the next connection is accepted when there is one again.
    acceptor.on('error', () => undefined);
  }
}

/** `port`, or a free one for 0. Sockets that share a port do not notice that another process shares it, too. */
async function freePort(address: Address): Promise<number> {
  const probe = createServer();
  await listenAt(probe, address);
  const { port } = probe.address() as AddressInfo;
  await closed(probe);
  return port;
}

async function listenAt(server: SocketServer, options: Address & { readonly reusePort?: boolean }): Promise<void> {
  server.listen(options);
  await once(server, 'listening');
}

/** Resolves at once for one that does not listen. */
function closed(server: SocketServer): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
