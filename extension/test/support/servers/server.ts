import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment } from '../../../scripts/setup/cleanEnvironment.mjs';
import { onStop, registerChild } from '../../../scripts/processes/liveChildren.mjs';
import { createToken, serverListening } from '../../../scripts/palmtreeServer.mts';
import { nodeBinary, serverBundle } from '../../../scripts/paths.mts';
import { runCommand } from '../../../scripts/processes/runCommand.mts';

export function startServer(): Promise<RunningServer> {
  return RunningServer.start();
}

/** A palmtree-server process from the bundle, on a free port, with its own data folder. */
export class RunningServer {
  readonly dataDir: string;
  readonly token: string;
  url = '';
  private child: ChildProcess | undefined;
  private readonly removeData: () => Promise<void>;

  private constructor(dataDir: string, token: string) {
    this.dataDir = dataDir;
    this.token = token;
    this.removeData = () => rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Starts it with one token of this name. Its data folder is created in `parent`. */
  static async start(tokenName = 'test', parent = tmpdir()): Promise<RunningServer> {
    const dataDir = await mkdtemp(join(parent, 'palmtree-server-'));
    const server = new RunningServer(dataDir, await createToken(dataDir, tokenName));
    onStop(() => server.close());
    await server.listen(0);
    return server;
  }

  get pid(): number {
    const pid = this.child?.pid;
    if (pid === undefined) throw new Error('The server is not running.');
    return pid;
  }

  /** Sends a signal to the server but not to its rsync processes, and waits until the server exits. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await exited;
  }

  /** Stops the server if it runs, and starts it again with the same data and port. */
  async restart(): Promise<void> {
    await this.kill('SIGTERM');
    await this.listen(Number(new URL(this.url).port));
  }

  /** Has the running server's data backed up. Returns the path of the backup, which `restore` removes. */
  async backUp(): Promise<string> {
    const file = `${this.dataDir}-backup.tar`;
    await this.administrate('backup', file);
    return file;
  }

  /** Replaces the data with a backup. */
  async restore(backup: string): Promise<void> {
    await this.kill('SIGTERM');
    await rm(this.dataDir, { recursive: true });
    await this.administrate('restore', backup);
    await rm(backup);
    await this.restart();
  }

  async ensureRunning(): Promise<void> {
    const { child } = this;
    if (child && (child.exitCode !== null || child.signalCode !== null)) await this.restart();
  }

  /** Kills the server, since its data is not needed any more, and removes the data. */
  async close(): Promise<void> {
    await this.kill();
    await this.removeData();
  }

  /** Has the running server remove all of the tree's revisions but the last `count`. */
  async keepLast(tree: string, count: number): Promise<void> {
    await this.administrate('tree', 'keep', tree, '--keep-last', String(count));
    await this.administrate('prune', tree, '--yes');
  }

  private async administrate(...command: readonly string[]): Promise<void> {
    const { code, output } = await runCommand(nodeBinary, [serverBundle, ...command, '--data', this.dataDir]);
    if (code !== 0) throw new Error(`palmtree-server ${command.join(' ')} failed: ${output}`);
  }

  private async listen(port: number): Promise<void> {
    const args = [serverBundle, 'serve', '--host', '127.0.0.1', '--port', String(port), '--data', this.dataDir];
    // In the process group of the test run, so that a signal to the group ends the server too.
    this.child = registerChild(spawn(nodeBinary, args, { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] }));
    this.url = await serverListening(this.child);
  }
}
