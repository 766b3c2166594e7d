import { access, constants, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../scripts/runCommand.mts';
import { BenchClient, BenchServer, stopClients } from './palmtree.mts';
import { mustRun, startSshd, type Ssh } from './ssh.mts';

/** How much is worked on. */
export interface Scale {
  readonly name: 'full' | 'quick';
  /** Files of a big workspace. */
  readonly many: number;
  /** Files of a first push. */
  readonly some: number;
  /** Bytes of a large file. */
  readonly large: number;
  /** Files of a folder that is renamed. */
  readonly renamed: number;
  /** Files that change behind a slow link. */
  readonly slow: number;
  readonly rounds: number;
  /** Of what takes longest. */
  readonly longRounds: number;
  readonly longestRounds: number;
}

/** Where the bench works: its folder, the server, the sshd. */
export class Stage {
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

  static async build(folder: string, scale: Scale, sshPort: number): Promise<Stage> {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    const server = await BenchServer.start(join(folder, 'server'));
    const ssh = await startSshd(join(folder, 'ssh'), sshPort);
    return new Stage(folder, scale, server, ssh, await canDropCaches());
  }

  /** Whether the page cache is dropped before what is to be cold. */
  get dropsCaches(): boolean {
    return this.#dropsCaches;
  }

  get server(): BenchServer {
    return this.#server;
  }

  /** A server that has nothing and has done nothing yet takes the place of this one. */
  async newServer(): Promise<void> {
    await this.#server.close();
    this.#server = await BenchServer.start(await this.newFolder('server'));
  }

  /** What one has left to be written to the disk is not for the next to wait for. */
  async settle(): Promise<void> {
    await mustRun('sync', []);
  }

  path(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  /** A folder that was not there: what was just removed has left memory that is soon used again, and a busy disk. */
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
    await this.settle();
    await writeFile('/proc/sys/vm/drop_caches', '3');
  }

  /** A client on `root`, its tree made. `port` leads to the server, when not the server's own. */
  async client(root: string, tree: string, port = this.server.port): Promise<BenchClient> {
    const { token } = this.server;
    const client = await BenchClient.open({ ...this.place(root, tree), url: `http://127.0.0.1:${port}`, token });
    await client.ask({ op: 'makeTree' });
    return client;
  }

  /** Where a client on `root` keeps what it knows of `tree`. */
  place(root: string, tree: string) {
    return { root, tree, storage: this.path('storage', `${tree}-${root.split('/').at(-1)}`) };
  }

  /** What rsync, git and the others call a folder here, seen through ssh. */
  remote(path: string): string {
    return `${this.ssh.user}@127.0.0.1:${path}`;
  }

  async close(): Promise<void> {
    await stopClients();
    await this.server.close();
    await this.ssh.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Copies a folder with its times, by the system's own means. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await mustRun('cp', ['-a', from, to]);
}

async function canDropCaches(): Promise<boolean> {
  const isOpen = await access('/proc/sys/vm/drop_caches', constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!isOpen) return false;
  const { code } = await runCommand('sh', ['-c', 'echo 1 > /proc/sys/vm/drop_caches']);
  return code === 0;
}
