import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, mkdtemp, readFile, readdir, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'vitest';
import type { NameRules } from '../../src/core/filenames/nameRules';
import type { Observation } from '../../src/core/observation';
import { Client } from '../../src/io/api/client';
import type { ServerConnection } from '../../src/io/api/serverConnection';
import { openFolderStorage, storagePaths } from '../../src/io/openFolderStorage';
import type { Scanner } from '../../src/io/scan/scannerPort';
import { openStoreAndScanner } from '../../src/io/openStoreAndScanner';
import { probeRsync } from '../../src/io/rsync/rsyncProbe';
import { Packer } from '../../src/io/packs/packer';
import { transfer } from '../../src/io/transferFiles';
import type { TransferRequest, TransferResult, Transport } from '../../src/io/transfer/transferRequest';
import { FolderSync } from '../../src/sync/folder/folderSync';
import type { BackupLimits } from '../../src/sync/history/backupLimits';
import type { PullOptions } from '../../src/sync/pull/pull';
import type { PushOptions } from '../../src/sync/push/push';
import type { ServerBinding, Reporter } from '../../src/sync/ports/serverBinding';
import type { SyncState } from '../../src/sync/ports/syncState';

const dist = join(import.meta.dirname, '../../../dist');

export interface MachineOptions {
  readonly url: string;
  readonly token: string;
  readonly tree?: string;
  /** The way to a server without a port. */
  readonly connection?: ServerConnection;
  /** The time, in milliseconds, that the server may be silent; by default that of the client. */
  readonly silenceMs?: number;
  readonly exclude?: readonly string[] | (() => readonly string[]);
  readonly respectGitignore?: boolean;
  readonly modes?: () => 'auto' | 'keep' | 'ignore';
  /** An existing workspace folder; by default, a new one is created. */
  readonly root?: string;
  readonly storage?: string;
  /** Finds the storage as a window with this storage of its own does. */
  readonly window?: { readonly storage: string; readonly globalStorage: string };
  readonly deletionGuardFraction?: number;
  /** Makes the disk look as if it treated names by these rules. */
  readonly nameRules?: NameRules;
  readonly backupLimits?: () => BackupLimits;
  /** Replaces the scanner, to scan in this thread. */
  readonly scanner?: (root: string, known: Iterable<Observation>) => Scanner;
  /** The rsync command. */
  readonly rsync?: () => string;
  /** By default `PALMTREE_TRANSPORT`, or rsync. */
  readonly transport?: () => Transport;
  /** Replaces the transfer of files, to observe or interrupt it. */
  readonly transfer?: (request: TransferRequest) => Promise<TransferResult>;
  /** Called before each pack is made. */
  readonly beforePack?: () => Promise<void>;
}

function defaultTransport(): Transport {
  return (process.env['PALMTREE_TRANSPORT'] as Transport | undefined) ?? 'rsync';
}

class WatchedPacker extends Packer {
  readonly #beforePack: (() => Promise<void>) | undefined;

  constructor(beforePack: (() => Promise<void>) | undefined) {
    super(join(dist, 'packWorker.js'));
    this.#beforePack = beforePack;
  }

  override async pack(...args: Parameters<Packer['pack']>): Promise<void> {
    await this.#beforePack?.();
    await super.pack(...args);
  }
}

/** A workspace folder with the whole extension except VS Code. */
export class Machine {
  readonly root: string;
  readonly storage: string;
  readonly sync: FolderSync;
  readonly client: Client;
  private server: ServerBinding | undefined;
  /** The number of packs that were sent. */
  packs = 0;
  /** Everything that rsync wrote into the terminal. */
  screen = '';
  /** Attempts of rsync that failed and were repeated. */
  retries = 0;

  private constructor(root: string, storage: string, sync: FolderSync, client: Client) {
    this.root = root;
    this.storage = storage;
    this.sync = sync;
    this.client = client;
  }

  static async open(options: MachineOptions): Promise<Machine> {
    const root = options.root ?? (await mkdtemp(join(tmpdir(), 'palmtree-machine-')));
    const storage = await storageOf(options, root);
    const { store, scanner: worker } = await openStoreAndScanner({ dist, root, storage });
    const scanner = options.scanner?.(root, store.state.observations.values()) ?? worker;
    const { nameRules, backupLimits } = options;
    const sync = new FolderSync({
      root,
      store,
      scanner,
      folders: storagePaths(storage),
      settings: () => {
        const { exclude = ['.git', 'node_modules'], deletionGuardFraction } = options;
        return {
          exclude: typeof exclude === 'function' ? exclude() : exclude,
          respectGitignore: options.respectGitignore ?? false,
          modes: options.modes?.() ?? 'auto',
          ...(deletionGuardFraction === undefined ? {} : { deletionGuardFraction }),
        };
      },
      ...(nameRules === undefined ? {} : { nameRules: () => nameRules }),
      ...(backupLimits === undefined ? {} : { backupLimits }),
      onDefect: (error) => {
        throw error;
      },
    });
    const tree = options.tree ?? 'notes';
    const client = new Client(options.url, options.token, {
      silenceMs: options.silenceMs,
      connection: options.connection,
    });
    const machine = new Machine(root, storage, sync, client);
    const server = {
      client,
      tree,
      findRsync: async () => {
        const command = options.rsync?.();
        await (command === undefined ? probeInstalled() : probeRsync(command));
        return command ?? 'rsync';
      },
      transport: options.transport ?? defaultTransport,
      openScreen: () => ({
        interrupted: new AbortController().signal,
        write: (text: string) => void (machine.screen += text),
        pack: () => void machine.packs++,
        retrying: () => void machine.retries++,
        end: () => undefined,
      }),
      transfer: options.transfer ?? transfer,
      openPacker: () => new WatchedPacker(options.beforePack),
    };
    await client.makeTree(tree);
    machine.server = server;
    await machine.bind(tree);
    return machine;
  }

  /** Binds the folder to a tree of the same server, which need not exist, with another token if one is given. */
  async bind(tree: string, token?: string): Promise<void> {
    if (this.server === undefined) return;
    const client = token === undefined ? this.client : new Client(this.client.address, token);
    await this.sync.bind({ ...this.server, client, tree }, { server: this.client.address, tree });
  }

  /** Closes the window; the folder and the storage remain for another one. */
  close(): Promise<void> {
    return this.sync.dispose();
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.root, { recursive: true, force: true });
    await rm(this.storage, { recursive: true, force: true });
  }

  push(confirmed = false, options: PushOptions = {}) {
    return this.sync.push(silent, { confirmed, ...options });
  }

  pull(confirmed = false, options: PullOptions = {}) {
    return this.sync.pull(silent, { confirmed, ...options });
  }

  path(path: string): string {
    return join(this.root, path);
  }

  async write(path: string, content: string | Buffer, mode?: number): Promise<void> {
    await mkdir(dirname(this.path(path)), { recursive: true });
    await writeFile(this.path(path), content);
    if (mode !== undefined) await chmod(this.path(path), mode);
  }

  read(path: string): Promise<string> {
    return readFile(this.path(path), 'utf8');
  }

  delete(path: string): Promise<void> {
    return rm(this.path(path), { recursive: true });
  }

  rename(from: string, to: string): Promise<void> {
    return rename(this.path(from), this.path(to));
  }

  listing(folder = ''): Promise<Map<string, Listed>> {
    return listing(this.path(folder));
  }
}

let probed: Promise<string> | undefined;

/** Probes the installed rsync once, as a window does: to start a process is slow from one that has as much memory as this. */
function probeInstalled(): Promise<string> {
  return (probed ??= probeRsync('rsync'));
}

async function storageOf({ storage, window, tree }: MachineOptions, root: string): Promise<string> {
  if (window === undefined) return storage ?? (await mkdtemp(join(tmpdir(), 'palmtree-storage-')));
  const { storage: windowStorage, globalStorage } = window;
  const uri = pathToFileURL(root).href;
  return (await openFolderStorage({ root, uri, windowStorage, globalStorage, boundTo: tree }, dist)).storage;
}

/** Resolves with the machine's state as soon as it matches. */
export function until({ sync }: Machine, matches: (state: SyncState) => boolean): Promise<SyncState> {
  return new Promise((resolve) => {
    const subscription = sync.onDidChangeState(check);
    function check(state: SyncState): void {
      if (!matches(state)) return;
      subscription.dispose();
      resolve(state);
    }
    check(sync.state);
  });
}

export const silent: Reporter = {
  signal: new AbortController().signal,
  step: () => undefined,
  progress: () => undefined,
};

/** A path, for the comparison of two folders: kind, mode and content in one line, and the mtime in nanoseconds. */
export interface Listed {
  readonly line: string;
  readonly mtimeNs: bigint;
}

/** Lists everything below `folder`, by path. Names that are not UTF-8 are listed in hex. */
export async function listing(folder: string): Promise<Map<string, Listed>> {
  const found = new Map<string, Listed>();
  await list(Buffer.from(folder), '', found);
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function list(folder: Buffer, prefix: string, found: Map<string, Listed>): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, encoding: 'buffer' })) {
    const path = Buffer.concat([folder, Buffer.from('/'), entry.name]);
    const name = prefix + (isUtf8(entry.name) ? entry.name.toString() : entry.name.toString('hex'));
    const { mode, mtimeNs } = await lstat(path, { bigint: true });
    if (entry.isDirectory()) {
      await list(path, `${name}/`, found);
    } else if (entry.isSymbolicLink()) {
      found.set(name, { line: `link ${await readlink(path)}`, mtimeNs });
    } else {
      const hash = createHash('sha256')
        .update(await readFile(path))
        .digest('hex');
      found.set(name, { line: `file ${(mode & 0o777n).toString(8)} ${hash}`, mtimeNs });
    }
  }
}

/** Expects the same files with the same modes, and mtimes within 1 µs: Node sets times as doubles. */
export function expectSame(found: Map<string, Listed>, expected: Map<string, Listed>): void {
  const lines = (listed: Map<string, Listed>) => new Map([...listed].map(([path, { line }]) => [path, line]));
  expect(lines(found)).toEqual(lines(expected));
  const drifted = [...found].filter(([path, { line, mtimeNs }]) => {
    const difference = mtimeNs - (expected.get(path)?.mtimeNs ?? 0n);
    return line.startsWith('file') && (difference > 1000n || difference < -1000n);
  });
  expect(drifted).toEqual([]);
}
