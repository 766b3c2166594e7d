import { once } from 'node:events';
import { connect, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

/** The bytes that a path of a socket may have on all systems: 103 on macOS, 107 on Linux (https://nodejs.org/api/net.html). */
const maxPathBytes = 103;

/** Errors of connect(2) that mean that no server listens. After a kill, the file of the socket stays. */
const absentCodes: readonly unknown[] = ['ENOENT', 'ECONNREFUSED', 'ENOTSOCK'];

/** A connection to a socket of the server that runs on the data folder; undefined if none runs. */
export async function connectToFolderSocket(dataFolder: string, fileName: string): Promise<Socket | undefined> {
  const socket = withShortPath(dataFolder, fileName, (path) => connect({ path, allowHalfOpen: true }));
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
export function withShortPath<T>(dataFolder: string, fileName: string, use: (path: string) => T): T {
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

/**
 * Ends listening on a socket of the data folder, and removes its file: libuv does so by the name that it was given, before
 * close() returns. Never throws: with the folder, somebody has moved or removed the file. `onClosed` is called when all
 * connections have ended.
 */
export function closeFolderSocket(
  server: Pick<Server, 'close' | 'listening'>,
  dataFolder: string,
  fileName: string,
  onClosed?: () => void,
): void {
  try {
    withShortPath(dataFolder, fileName, () => server.close(onClosed));
  } catch {
    if (server.listening) server.close(onClosed);
  }
}
