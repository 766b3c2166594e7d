import { Client } from '../../../src/io/api/client';
import { openStoreAndScanner } from '../../../src/io/openStoreAndScanner';
import { storagePaths } from '../../../src/io/openFolderStorage';
import { join } from 'node:path';
import { Packer } from '../../../src/io/packs/packer';
import { transfer } from '../../../src/io/transferFiles';
import { FolderSync } from '../../../src/sync/folder/folderSync';
import type { Reporter } from '../../../src/sync/ports/serverBinding';
import type { DoomedCommand } from './doomedClient';

// A client in a process of its own, which runs one command and kills itself when that begins its nth step, or when rsync
// reports its nth line.

const command = JSON.parse(process.argv[2] ?? '') as DoomedCommand;
let steps = 0;

function step(): void {
  if (steps++ === command.dieAt) process.kill(process.pid, 'SIGKILL');
}

const reporter: Reporter = { signal: new AbortController().signal, step, progress: () => undefined };
const { root, storage, url, token, tree, dist } = command;
const { store, scanner } = await openStoreAndScanner({ dist, root, storage });
const sync = new FolderSync({
  root,
  store,
  scanner,
  folders: storagePaths(storage),
  settings: () => ({ exclude: ['.git', 'node_modules'], respectGitignore: false, modes: 'auto' }),
  onDefect: (error) => {
    throw error;
  },
});
const client = new Client(url, token);
await sync.bind(
  {
    client,
    tree,
    findRsync: () => Promise.resolve('rsync'),
    openScreen: () => ({
      interrupted: new AbortController().signal,
      write: step,
      pack: () => undefined,
      retrying: () => undefined,
      end: () => undefined,
    }),
    transfer,
    openPacker: () => new Packer(join(dist, 'packWorker.js')),
  },
  { server: client.address, tree },
);
const options = { confirmed: true };
await (command.name === 'push' ? sync.push(reporter, options) : sync.pull(reporter, options));
await sync.dispose();
