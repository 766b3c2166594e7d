import { fork, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cleanEnvironment } from '../scripts/cleanEnvironment.mjs';
import { keepChild, onStop, stopGroup } from '../scripts/liveChildren.mjs';
import { createToken, serverListening } from '../scripts/palmtreeServer.mts';
import { dist, nodeBinary, serverBundle } from '../scripts/paths.mts';
import type { ClientAnswer, ClientRequest } from './clientProtocol.ts';
import { timed, type Figures } from './measure.mts';

/** Between two requests of another client: it takes next to nothing from what is measured. */
const pauseMs = 50;

/** The real server in a process of its own. */
export class BenchServer {
  readonly url: string;
  readonly token: string;
  readonly #child: ChildProcess;

  private constructor(url: string, token: string, child: ChildProcess) {
    this.url = url;
    this.token = token;
    this.#child = child;
  }

  static async start(dataDir: string): Promise<BenchServer> {
    await mkdir(dataDir, { recursive: true });
    const token = await createToken(dataDir, 'bench');
    const args = [serverBundle, 'serve', '--host', '127.0.0.1', '--port', '0', '--data', dataDir];
    const child = keepChild(
      spawn(nodeBinary, args, { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'pipe'], detached: true }),
    );
    onStop(() => stopGroup(child));
    const url = await serverListening(child);
    // What it logs is of no use here, but must not fill the pipe.
    child.stdout?.resume();
    child.stderr?.resume();
    return new BenchServer(url, token, child);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** The most memory that the server's process has had, in bytes; NaN where the system does not tell. */
  async peakMemory(): Promise<number> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8').catch(() => '');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1024;
  }

  /** What `work` took, and the longest that another client's small request waited for its answer meanwhile. */
  async withAnother(work: () => Promise<Figures>): Promise<Figures> {
    let longest = 0;
    let isOver = false;
    const asking = (async () => {
      while (!isOver) {
        const { ms } = await timed(() => this.#ask('/v1/whoami'));
        longest = Math.max(longest, ms);
        await delay(pauseMs);
      }
    })();
    const [figures] = await Promise.all([work().finally(() => (isOver = true)), asking]);
    return { ...figures, anotherWaitedMs: longest };
  }

  close(): Promise<void> {
    return stopGroup(this.#child);
  }

  async #ask(path: string): Promise<void> {
    const answer = await fetch(this.url + path, { headers: { authorization: `Bearer ${this.token}` } });
    if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status}`);
    await answer.text();
  }
}

const clients = new Set<ChildProcess>();

/** Ends the clients that a failure left behind. */
export async function stopClients(): Promise<void> {
  for (const child of clients) await stopGroup(child);
}

/** The extension's engine in a process of its own; see client.ts. */
export class BenchClient {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(): Promise<BenchClient> {
    const child = keepChild(
      fork(join(dist, 'bench/client.js'), [], {
        execPath: nodeBinary,
        execArgv: ['--expose-gc'],
        env: cleanEnvironment(),
        detached: true,
      }),
    );
    onStop(() => stopGroup(child));
    clients.add(child);
    child.once('exit', () => clients.delete(child));
    const client = new BenchClient(child);
    await client.#answer();
    return client;
  }

  static async open(at: { root: string; storage: string; tree: string; url: string; token: string }) {
    await mkdir(at.root, { recursive: true });
    await mkdir(at.storage, { recursive: true });
    const client = await BenchClient.start();
    await client.ask({ op: 'open', dist, ...at });
    return client;
  }

  ask(request: ClientRequest): Promise<Figures> {
    const answered = this.#answer();
    this.#child.send(request);
    return answered;
  }

  async close(): Promise<void> {
    await this.ask({ op: 'close' });
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.disconnect();
    await exited;
  }

  #answer(): Promise<Figures> {
    return new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error('the client ended'));
      this.#child.once('exit', ended);
      this.#child.once('message', (answer: ClientAnswer) => {
        this.#child.off('exit', ended);
        if ('error' in answer) reject(new Error(answer.error));
        else resolve(answer.figures);
      });
    });
  }
}
