import { chmodSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';

const fileName = 'control.sock';

/** The bytes that a path of a socket may have on all systems: 103 on macOS, 107 on Linux (https://nodejs.org/api/net.html). */
const maxPathBytes = 103;

/** Errors of connect(2) that mean that no server listens. After a kill, the file of the socket stays. */
const absentCodes: readonly unknown[] = ['ENOENT', 'ECONNREFUSED', 'ENOTSOCK'];

export interface ControlSocket {
  /** Closes the socket and its connections, and removes its file. */
  close(): void;
}

/**
 * Serves `app` on the data folder's socket, which only the folder's owner can reach. Replaces the file that a killed server
 * left, so the caller holds the lock of the data folder. Throws if the disk cannot hold sockets.
 */
export async function listenOnControlSocket(dataFolder: string, app: Hono): Promise<ControlSocket> {
  const file = join(dataFolder, fileName);
  rmSync(file, { force: true });
  const server = createAdaptorServer({ fetch: app.fetch });
  const listening = once(server, 'listening');
  withShortPath(dataFolder, (path) => server.listen(path));
  await listening;
  chmodSync(file, 0o600);
  return {
    close: () => {
      // libuv removes the file by the name that it was given, before close() returns.
      withShortPath(dataFolder, () => server.close());
      if ('closeAllConnections' in server) server.closeAllConnections();
    },
  };
}

/** A connection to the server that runs on the data folder; undefined if none runs. */
export async function connectToControlSocket(dataFolder: string): Promise<Socket | undefined> {
  const socket = withShortPath(dataFolder, (path) => connect(path));
  try {
    await once(socket, 'connect');
    return socket;
  } catch (error) {
    socket.destroy();
    if (absentCodes.includes((error as NodeJS.ErrnoException).code)) return undefined;
    throw error;
  }
}

/**
 * Calls `use`, which must not wait, with a path of the socket that the system accepts. A path that is too long is replaced by
 * the name alone while the data folder is the current folder: libuv binds, connects and unlinks within the call.
 */
function withShortPath<T>(dataFolder: string, use: (path: string) => T): T {
  const path = join(dataFolder, fileName);
  if (Buffer.byteLength(path) <= maxPathBytes) return use(path);
  const before = process.cwd();
  process.chdir(dataFolder);
  try {
    return use(fileName);
  } finally {
    process.chdir(before);
  }
}
