import { fork, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cleanEnvironment } from '../scripts/setup/cleanEnvironment.mjs';
import { registerChild, onStop, stopGroup } from '../scripts/processes/liveChildren.mjs';
import { createToken, serverListening } from '../scripts/palmtreeServer.mts';
import { dist, nodeBinary, serverBundle } from '../scripts/paths.mts';
import type { ClientResponse, ClientRequest } from './clientProtocol.ts';
import { timed, type Figures } from './measure.mts';
import { runOrThrow } from './ssh.mts';

/** The pause between two requests of the other client, long enough not to slow the measured work. */
const pauseMs = 50;

/** The real server in a process of its own. */
export class BenchServer {
  readonly url: string;
  readonly token: string;
  readonly dataFolder: string;
  readonly #child: ChildProcess;

  private constructor(url: string, token: string, dataFolder: string, child: ChildProcess) {
    this.url = url;
    this.token = token;
    this.dataFolder = dataFolder;
    this.#child = child;
  }

  static async start(dataDir: string): Promise<BenchServer> {
    await mkdir(dataDir, { recursive: true });
    const token = await createToken(dataDir, 'bench');
    const args = [serverBundle, 'serve', '--host', '127.0.0.1', '--port', '0', '--data', dataDir];
    const child = registerChild(
      spawn(nodeBinary, args, { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'pipe'], detached: true }),
    );
    onStop(() => stopGroup(child));
    const url = await serverListening(child);
    // Discard the log, which would fill the pipe.
    child.stdout?.resume();
    child.stderr?.resume();
    return new BenchServer(url, token, dataDir, child);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Returns the peak memory of the server's process in bytes; NaN if the system does not report it. */
  async peakMemory(): Promise<number> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8').catch(() => '');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1024;
  }

  /** Runs `action` while another client sends small requests, and adds the longest response time to its figures. */
  async withOtherClient(action: () => Promise<Figures>): Promise<Figures> {
    let longest = 0;
    let isDone = false;
    const requests = (async () => {
      while (!isDone) {
        const { ms } = await timed(() => this.#request('/v1/whoami'));
        longest = Math.max(longest, ms);
        await delay(pauseMs);
      }
    })();
    const [figures] = await Promise.all([action().finally(() => (isDone = true)), requests]);
    return { ...figures, otherWaitedMs: longest };
  }

  /** Has the server remove and compress what only the history needs. */
  async gc(): Promise<void> {
    await runOrThrow(nodeBinary, [serverBundle, 'gc', '--data', this.dataFolder]);
  }

  close(): Promise<void> {
    return stopGroup(this.#child);
  }

  async #request(path: string): Promise<void> {
    const response = await fetch(this.url + path, { headers: { authorization: `Bearer ${this.token}` } });
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
    await response.text();
  }
}

const clients = new Set<ChildProcess>();

/** Stops clients that a failed benchmark did not close. */
export async function stopClients(): Promise<void> {
  for (const child of clients) await stopGroup(child);
}

/** A client in a process of its own; see client.ts. */
export class BenchClient {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(): Promise<BenchClient> {
    const child = registerChild(
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
    await client.#nextResponse();
    return client;
  }

  static async open(options: { root: string; storage: string; tree: string; url: string; token: string }) {
    await mkdir(options.root, { recursive: true });
    await mkdir(options.storage, { recursive: true });
    const client = await BenchClient.start();
    await client.request({ op: 'open', dist, ...options });
    return client;
  }

  request(request: ClientRequest): Promise<Figures> {
    const response = this.#nextResponse();
    this.#child.send(request);
    return response;
  }

  async close(): Promise<void> {
    await this.request({ op: 'close' });
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.disconnect();
    await exited;
  }

  #nextResponse(): Promise<Figures> {
    return new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error('the client ended'));
      this.#child.once('exit', onExit);
      this.#child.once('message', (response: ClientResponse) => {
        this.#child.off('exit', onExit);
        if ('error' in response) reject(new Error(response.error));
        else resolve(response.figures);
      });
    });
  }
}
