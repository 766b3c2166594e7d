import { monitorEventLoopDelay } from 'node:perf_hooks';
import { join } from 'node:path';
import { PathTree } from '../src/core/status/pathTree';
import { Client } from '../src/io/api/client';
import { openStoreAndScanner } from '../src/io/openStoreAndScanner';
import { probeRsync } from '../src/io/rsync/rsyncProbe';
import { transfer } from '../src/io/rsync/transfer';
import { FolderSync } from '../src/sync/folder/folderSync';
import type { Reporter } from '../src/sync/ports/serverBinding';
import type { ClientAnswer, ClientRequest, OpenRequest } from './clientProtocol';

// The extension's own engine in a process of its own, with all that runs in the extension host but VS Code.

const silent: Reporter = { signal: new AbortController().signal, step: () => undefined, progress: () => undefined };
const loop = monitorEventLoopDelay({ resolution: 1 });
/** Once in a window, as the extension does it. */
let rsyncProbed: Promise<string> | undefined;
let sync: FolderSync | undefined;
let closeStore: (() => Promise<void>) | undefined;

function opened(): FolderSync {
  if (sync === undefined) throw new Error('nothing is open');
  return sync;
}

async function open({ root, storage, dist, url, token, tree }: OpenRequest): Promise<void> {
  const { store, scanner } = await openStoreAndScanner({ dist, root, storage });
  sync = new FolderSync({
    root,
    store,
    scanner,
    folders: { staging: join(storage, 'staging'), backups: join(storage, 'backups') },
    settings: () => ({ exclude: ['.git', 'node_modules'], respectGitignore: false }),
    onDefect: (error) => {
      throw error;
    },
  });
  closeStore = () => opened().dispose();
  const client = new Client(url, token);
  const remote = {
    client,
    tree,
    findRsync: async () => {
      await (rsyncProbed ??= probeRsync('rsync'));
      return 'rsync';
    },
    openScreen: () => ({
      interrupted: new AbortController().signal,
      write: () => undefined,
      retrying: () => undefined,
      end: () => undefined,
    }),
    transfer,
  };
  await sync.bind(remote, { server: client.address, tree });
}

/** Until the count of what waits is right. */
async function noteChanged(paths: readonly string[], outgoing: number): Promise<void> {
  const folder = opened();
  const isRight = (): boolean => folder.state.counts.outgoing === outgoing;
  const done = new Promise<void>((resolve) => {
    const subscription = folder.onDidChangeState(() => {
      if (!isRight()) return;
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
      await opened().makeTree();
      return {};
    case 'rescan':
      await opened().rescan(silent);
      return { ...opened().state.counts };
    case 'track':
      await opened().track(request.paths);
      return { ...opened().state.counts };
    case 'push': {
      const { put, deleted, uploadedBytes } = await opened().push(silent, { confirmed: true });
      return { put, deleted, uploadedBytes };
    }
    case 'pull': {
      const { written, deleted, downloadedBytes } = await opened().pull(silent, { confirmed: true });
      return { written, deleted, downloadedBytes };
    }
    case 'noteChanged':
      await noteChanged(request.paths, request.outgoing);
      return {};
    case 'view': {
      const folder = opened();
      return { rows: new PathTree(folder.trackedFolders, folder.pathStates).children('').length };
    }
    case 'memory':
      globalThis.gc?.();
      return { bytes: process.memoryUsage().rss };
    case 'close':
      await closeStore?.();
      return {};
  }
}

function answer(reply: ClientAnswer): void {
  process.send?.(reply);
}

process.on('message', (request: ClientRequest) => {
  loop.reset();
  loop.enable();
  const began = performance.now();
  perform(request).then(
    (figures) => {
      const ms = performance.now() - began;
      loop.disable();
      answer({ figures: { ...figures, ms, blockedMs: loop.max / 1e6 } });
    },
    (error: unknown) => answer({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.once('disconnect', () => process.exit());
answer({ figures: { ms: performance.now() } });
