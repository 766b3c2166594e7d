import { access, constants, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../scripts/processes/runCommand.mts';
import { BenchClient, BenchServer, stopClients } from './palmtree.mts';
import { runOrThrow, startSshd, type Ssh } from './ssh.mts';

/** The size of the inputs and the number of rounds. */
export interface Scale {
  readonly name: 'full' | 'quick';
  /** Files of the large workspace. */
  readonly manyFiles: number;
  /** Files of the medium-sized workspace. */
  readonly mediumFiles: number;
  readonly largeFileBytes: number;
  /** Files of the renamed folder. */
  readonly renamedFiles: number;
  /** Changed files that are pushed over a slow link. */
  readonly slowLinkFiles: number;
  /** The history whose disk use is measured. */
  readonly disk: { readonly dailyEdits: number; readonly databaseBytes: number; readonly imageBytes: number };
  readonly rounds: number;
  readonly slowRounds: number;
  readonly slowestRounds: number;
}

/** The folder, the server and the sshd that all benchmarks use. */
export class Testbed {
  readonly folder: string;
  readonly scale: Scale;
  #server: BenchServer;
  readonly ssh: Ssh;
  readonly #dropsCaches: boolean;
  #trees = 0;
  #folders = 0;

  private constructor(folder: string, scale: Scale, server: BenchServer, ssh: Ssh, dropsCaches: boolean) {
    this.folder = folder;
    this.scale = scale;
    this.#server = server;
    this.ssh = ssh;
    this.#dropsCaches = dropsCaches;
  }

  static async build(folder: string, scale: Scale, sshPort: number): Promise<Testbed> {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    const server = await BenchServer.start(join(folder, 'server'));
    const ssh = await startSshd(join(folder, 'ssh'), sshPort);
    return new Testbed(folder, scale, server, ssh, await canDropCaches());
  }

  /** Whether the page cache is dropped before cold runs. */
  get dropsCaches(): boolean {
    return this.#dropsCaches;
  }

  get server(): BenchServer {
    return this.#server;
  }

  /** Replaces the server with a new process and an empty data folder. */
  async newServer(): Promise<void> {
    await this.#server.close();
    this.#server = await BenchServer.start(await this.newFolder('server'));
  }

  /** Flushes all writes, so that no run waits for those of the one before. */
  async flushDisk(): Promise<void> {
    await runOrThrow('sync', []);
  }

  path(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  /**
   * Creates a folder under a new name: removing an old one would leave free memory and a busy disk for the next run.
   */
  async newFolder(name: string): Promise<string> {
    const folder = this.path(`${name}-${++this.#folders}`);
    await mkdir(folder);
    return folder;
  }

  newTree(): string {
    return `bench-${++this.#trees}`;
  }

  async dropCaches(): Promise<void> {
    if (!this.#dropsCaches) return;
    await this.flushDisk();
    await writeFile('/proc/sys/vm/drop_caches', '3');
  }

  /** Opens a client for `root` and creates its tree. `port` can be a proxy to the server. */
  async client(root: string, tree: string, port = this.server.port): Promise<BenchClient> {
    const { token } = this.server;
    const client = await BenchClient.open({ ...this.clientPaths(root, tree), url: `http://127.0.0.1:${port}`, token });
    await client.request({ op: 'makeTree' });
    return client;
  }

  /** A client's folders: its workspace folder and its storage for `tree`. */
  clientPaths(root: string, tree: string) {
    return { root, tree, storage: this.path('storage', `${tree}-${root.split('/').at(-1)}`) };
  }

  /** The folder at `path` as rsync addresses it over ssh. */
  sshPath(path: string): string {
    return `${this.ssh.user}@127.0.0.1:${path}`;
  }

  async close(): Promise<void> {
    await stopClients();
    await this.server.close();
    await this.ssh.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Copies a folder with its times. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await runOrThrow('cp', ['-a', from, to]);
}

async function canDropCaches(): Promise<boolean> {
  const isWritable = await access('/proc/sys/vm/drop_caches', constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!isWritable) return false;
  const { code } = await runCommand('sh', ['-c', 'echo 1 > /proc/sys/vm/drop_caches']);
  return code === 0;
}
