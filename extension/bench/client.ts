import { monitorEventLoopDelay } from 'node:perf_hooks';
import { PathTree } from '../src/core/status/pathTree';
import { Client } from '../src/io/api/client';
import { storagePaths } from '../src/io/openFolderStorage';
import { openStoreAndScanner } from '../src/io/openStoreAndScanner';
import { probeRsync } from '../src/io/rsync/rsyncProbe';
import { join } from 'node:path';
import { Packer } from '../src/io/packs/packer';
import { transfer } from '../src/io/transferFiles';
import type { Transport } from '../src/io/transfer/transferRequest';
import { FolderSync } from '../src/sync/folder/folderSync';
import type { Reporter } from '../src/sync/ports/serverBinding';
import type { ClientResponse, ClientRequest, OpenRequest } from './clientProtocol';

// Runs the extension's code in a process of its own: all that runs in the extension host, without VS Code.

const silent: Reporter = { signal: new AbortController().signal, step: () => undefined, progress: () => undefined };
const eventLoopDelay = monitorEventLoopDelay({ resolution: 1 });
/** Probed once, as the extension does in each window. */
let rsyncProbed: Promise<string> | undefined;
let sync: FolderSync | undefined;
let closeStore: (() => Promise<void>) | undefined;

function openFolder(): FolderSync {
  if (sync === undefined) throw new Error('no folder is open');
  return sync;
}

async function open({ root, storage, dist, url, token, tree }: OpenRequest): Promise<void> {
  const { store, scanner } = await openStoreAndScanner({ dist, root, storage });
  sync = new FolderSync({
    root,
    store,
    scanner,
    folders: storagePaths(storage),
    settings: () => ({ exclude: ['.git', 'node_modules'], respectGitignore: false }),
    onDefect: (error) => {
      throw error;
    },
  });
  closeStore = () => openFolder().dispose();
  const client = new Client(url, token);
  const server = {
    client,
    tree,
    findRsync: async () => {
      await (rsyncProbed ??= probeRsync('rsync'));
      return 'rsync';
    },
    transport: () => (process.env['PALMTREE_TRANSPORT'] as Transport | undefined) ?? 'rsync',
    openScreen: () => ({
      interrupted: new AbortController().signal,
      write: () => undefined,
      pack: () => undefined,
      retrying: () => undefined,
      end: () => undefined,
    }),
    transfer,
    openPacker: () => new Packer(join(dist, 'packWorker.js')),
  };
  await sync.bind(server, { server: client.address, tree });
}

/** Resolves when the count of pending paths includes the changes. */
async function handleFileEvents(paths: readonly string[], outgoing: number): Promise<void> {
  const folder = openFolder();
  const isUpdated = (): boolean => folder.state.counts.outgoing === outgoing;
  const done = new Promise<void>((resolve) => {
    const subscription = folder.onDidChangeState(() => {
      if (!isUpdated()) return;
      subscription.dispose();
      resolve();
    });
  });
  folder.onFileEvents(paths);
  await done;
}

async function perform(request: ClientRequest): Promise<Readonly<Record<string, number>>> {
  switch (request.op) {
    case 'open':
      await open(request);
      return {};
    case 'makeTree':
      await openFolder().makeTree();
      return {};
    case 'rescan':
      await openFolder().rescan(silent);
      return { ...openFolder().state.counts };
    case 'track':
      await openFolder().track(request.paths);
      return { ...openFolder().state.counts };
    case 'push': {
      const { put, deleted, uploadedBytes } = await openFolder().push(silent, { confirmed: true });
      return { put, deleted, uploadedBytes };
    }
    case 'pull': {
      const { written, deleted, downloadedBytes } = await openFolder().pull(silent, { confirmed: true });
      return { written, deleted, downloadedBytes };
    }
    case 'fileEvents':
      await handleFileEvents(request.paths, request.outgoing);
      return {};
    case 'view': {
      const folder = openFolder();
      return {
        rows: new PathTree({
          observed: folder.trackedFolders,
          states: folder.pathStates,
          summaries: folder.folderSummaries,
        }).children('').length,
      };
    }
    case 'memory':
      globalThis.gc?.();
      return { bytes: process.memoryUsage().rss };
    case 'close':
      await closeStore?.();
      return {};
  }
}

function respond(response: ClientResponse): void {
  process.send?.(response);
}

process.on('message', (request: ClientRequest) => {
  eventLoopDelay.reset();
  eventLoopDelay.enable();
  const start = performance.now();
  perform(request).then(
    (figures) => {
      const ms = performance.now() - start;
      eventLoopDelay.disable();
      respond({ figures: { ...figures, ms, blockedMs: eventLoopDelay.max / 1e6 } });
    },
    (error: unknown) => respond({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.once('disconnect', () => process.exit());
respond({ figures: { ms: performance.now() } });
