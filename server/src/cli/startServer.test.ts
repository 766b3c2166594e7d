import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/temporaryFolder';
import { startServer, type RunningServer } from './startServer';

const startIn = (dataFolder: string): Promise<RunningServer> =>
  startServer({
    version: '1.2.3',
    listen: { host: '127.0.0.1', port: false },
    dataFolder,
    rsync: 'rsync',
    allowOldRsync: true,
    collectsGarbage: false,
    stopsWhenUnused: true,
  });

test('a server that stops cannot be taken for one that is too old for ssh clients', async () => {
  const dataFolder = temporaryFolder();
  const server = await startIn(dataFolder);
  const sockets = () => ['control.sock', 'clients.sock'].filter((name) => existsSync(join(dataFolder, name)));
  expect(sockets()).toEqual(['control.sock', 'clients.sock']);
  const stopped = server.stop();
  expect(sockets()).toEqual([]);
  await stopped;
});

test('a server whose data folder was moved stops and says so, even if the path is too long for a socket', async () => {
  const dataFolder = join(temporaryFolder(), 'long'.repeat(30));
  mkdirSync(dataFolder);
  const server = await startIn(dataFolder);
  renameSync(dataFolder, `${dataFolder}.moved`);
  await expect(server.stop()).rejects.toThrow('was deleted or replaced while the server was running.');
});
