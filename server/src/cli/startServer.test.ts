import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/temporaryFolder';
import { startServer } from './startServer';

test('a server that stops cannot be taken for one that is too old for ssh clients', async () => {
  const dataFolder = temporaryFolder();
  const server = await startServer({
    version: '1.2.3',
    listen: { host: '127.0.0.1', port: false },
    dataFolder,
    rsync: 'rsync',
    allowOldRsync: true,
    collectsGarbage: false,
    stopsWhenUnused: true,
  });
  const sockets = () => ['control.sock', 'clients.sock'].filter((name) => existsSync(join(dataFolder, name)));
  expect(sockets()).toEqual(['control.sock', 'clients.sock']);
  const stopped = server.stop();
  expect(sockets()).toEqual([]);
  await stopped;
});
