import { chmodSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { closeFolderSocket, connectToFolderSocket, withShortPath } from './folderSocket';

const fileName = 'control.sock';

export interface ControlSocket {
  /** Accepts no more connections, and removes the file. Those that are open stay. */
  stopListening(): void;
  /** `stopListening`, and closes all connections. */
  close(): void;
}

/**
 * Serves `app` on the data folder's socket, which only the folder's owner can reach. Replaces the file that a killed server
 * left, so the caller has the lock of the data folder. Throws if the disk cannot store sockets.
 */
export async function listenOnControlSocket(dataFolder: string, app: Hono): Promise<ControlSocket> {
  const file = join(dataFolder, fileName);
  rmSync(file, { force: true });
  const server = createAdaptorServer({ fetch: app.fetch });
  const listening = once(server, 'listening');
  withShortPath(dataFolder, fileName, (path) => server.listen(path));
  await listening;
  chmodSync(file, 0o600);
  const stopListening = (): void => {
    closeFolderSocket(server, dataFolder, fileName);
  };
  return {
    stopListening,
    close: () => {
      stopListening();
      if ('closeAllConnections' in server) server.closeAllConnections();
    },
  };
}

/** A connection to the server that runs on the data folder; undefined if none runs. */
export function connectToControlSocket(dataFolder: string): Promise<Socket | undefined> {
  return connectToFolderSocket(dataFolder, fileName);
}
