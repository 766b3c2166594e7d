import { spawn, type ChildProcess } from 'node:child_process';
import { cp, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment } from '../../scripts/cleanEnvironment.mjs';
import { onStop, registerChild } from '../../scripts/liveChildren.mjs';
import { createToken, serverListening } from '../../scripts/palmtreeServer.mts';
import { nodeBinary, serverBundle } from '../../scripts/paths.mts';

export function startServer(): Promise<RunningServer> {
  return RunningServer.start();
}

/** A real palmtree-server from the bundle, on a free port, with a data folder of its own. */
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

  static async start(): Promise<RunningServer> {
    const dataDir = await mkdtemp(join(tmpdir(), 'palmtree-server-'));
    const server = new RunningServer(dataDir, await createToken(dataDir, 'test'));
    onStop(() => server.close());
    await server.listen(0);
    return server;
  }

  get pid(): number {
    const pid = this.child?.pid;
    if (pid === undefined) throw new Error('The server is not running.');
    return pid;
  }

  /** Sends a signal to the server alone, not to the rsync it started, and waits for its end. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await exited;
  }

  /** Starts it again on the same data and the same port, ending what runs. */
  async restart(): Promise<void> {
    await this.kill('SIGTERM');
    await this.listen(Number(new URL(this.url).port));
  }

  /** Copies the data as an administrator would, with the server stopped; answers the copy. */
  async backUp(): Promise<string> {
    const copy = `${this.dataDir}-backup`;
    await this.kill('SIGTERM');
    await cp(this.dataDir, copy, { recursive: true });
    await this.restart();
    return copy;
  }

  /** Puts a copy in the place of the data. */
  async restore(copy: string): Promise<void> {
    await this.kill('SIGTERM');
    await rm(this.dataDir, { recursive: true });
    await rename(copy, this.dataDir);
    await this.restart();
  }

  async ensureRunning(): Promise<void> {
    const { child } = this;
    if (child && (child.exitCode !== null || child.signalCode !== null)) await this.restart();
  }

  /** Kills it, because nobody needs its data any more. */
  async close(): Promise<void> {
    await this.kill();
    await this.removeData();
  }

  private async listen(port: number): Promise<void> {
    const args = [serverBundle, 'serve', '--host', '127.0.0.1', '--port', String(port), '--data', this.dataDir];
    // In our own process group: what ends a test run from outside ends it too.
    this.child = registerChild(spawn(nodeBinary, args, { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] }));
    this.url = await serverListening(this.child);
  }
}
