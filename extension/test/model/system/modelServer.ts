import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { KyselyPlugin } from 'kysely';
import { databaseFileName } from '../../../../server/src/database/openDatabase';
import { sweepSessions } from '../../../../server/src/sessions/sweep';
import { Computer, Crash, type DiskFault } from '../disk/computer';
import { realFs } from '../disk/realFs';
import { addComputer, removeComputer } from '../disk/simulatedDisk';
import { startInProcess, type InProcessServer } from '../inProcessServer';

export const address = 'http://model';
export const tree = 'notes';

export interface NetworkFault {
  /** The request is lost before it arrives, or its response afterwards. */
  readonly kind: 'lost request' | 'lost response';
  /** The request that it happens to, counted from the beginning of the command. */
  readonly at: number;
}

/** Longer than a session lives without use. */
const sessionLifetimeMs = 31 * 60 * 1000;
/** No token is revoked; a check at some real time would differ from run to run. */
const never = 2 ** 31 - 1;
/** More turns of the event loop than anything takes that a crashed server still runs. */
const drainTurns = 12;

/** The server on a computer of its own, which crashes and restarts, behind a network that loses messages. */
export class ModelServer {
  readonly folder: string;
  #computer: Computer;
  #running: InProcessServer | undefined;
  #token = '';
  #clockMs = Date.UTC(2026, 10, 29);
  #sessions = 0;
  #network: NetworkFault | undefined;
  #requests = 0;
  crashes = 0;

  private constructor(folder: string) {
    this.folder = folder;
    this.#computer = new Computer([`${folder}/data`], `${folder}/graveyard`);
    addComputer(this.#computer);
  }

  /** `template` is a data folder with an empty, migrated database: to migrate one each time would take longer. */
  static async start(folder: string, template: string): Promise<ModelServer> {
    realFs.mkdirSync(`${folder}/data`, { recursive: true });
    realFs.copyFileSync(join(template, databaseFileName), join(folder, 'data', databaseFileName));
    const server = new ModelServer(folder);
    await server.#start();
    const { services } = server.running;
    server.#token = await services.tokens.create('model', null);
    await services.trees.ensure(tree);
    return server;
  }

  get token(): string {
    return this.#token;
  }

  get running(): InProcessServer {
    if (this.#running === undefined) throw new Error('the server is off');
    return this.#running;
  }

  get computer(): Computer {
    return this.#computer;
  }

  /** Begins a command, during which the faults happen. */
  begin(disk: DiskFault | undefined, network: NetworkFault | undefined): void {
    this.#computer.begin(disk);
    this.#network = network;
    this.#requests = 0;
  }

  /** `fetch`, for the clients. A server that crashed is restarted by the next request. */
  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, { ...init, ...(init?.body instanceof ReadableStream && { duplex: 'half' }) });
    const lost = this.#network?.at === this.#requests++ ? this.#network.kind : undefined;
    if (lost === 'lost request') throw new TypeError('fetch failed');
    await this.restartAfterCrash();
    const response = await this.running.app.fetch(request);
    const body = await response.arrayBuffer();
    if (this.#computer.isDead || lost !== undefined) throw new TypeError('fetch failed');
    const hasBody = ![204, 304].includes(response.status);
    return new Response(hasBody ? body : null, { status: response.status, headers: response.headers });
  };

  async restartAfterCrash(): Promise<void> {
    if (!this.#computer.isDead) return;
    this.crashes++;
    for (let turns = 0; turns < drainTurns; turns++) await turn();
    const { database, services } = this.running;
    await services.tokenWatch.stop();
    await database.destroy();
    this.#computer.restart();
    removeComputer(this.#computer);
    this.#computer = new Computer(this.#computer.folders, `${this.folder}/graveyard-${this.crashes}`);
    addComputer(this.#computer);
    await this.#start();
  }

  /** Lets enough time pass that the sessions in use are removed. */
  async expireSessions(): Promise<void> {
    await this.restartAfterCrash();
    this.#clockMs += sessionLifetimeMs;
    await this.#sweep(false);
  }

  async stop(): Promise<void> {
    await this.restartAfterCrash();
    await this.running.stop();
    removeComputer(this.#computer);
  }

  async #start(): Promise<void> {
    const computer = this.#computer;
    this.#running = await startInProcess({
      dataFolder: `${this.folder}/data`,
      now: () => new Date((this.#clockMs += 1)),
      newId: () => (++this.#sessions).toString(16).padStart(32, '0'),
      plugin: stopsWith(computer),
      tokenCheckMs: never,
    });
    await this.running.services.uploaded.restore();
    await this.#sweep(true);
  }

  async #sweep(includeIncomplete: boolean): Promise<void> {
    const { services } = this.running;
    await sweepSessions(services, { now: new Date(this.#clockMs), includeIncomplete, log: services.log });
  }
}

/** Lets the statements of a computer that crashed fail. SQLite's own files are as durable as it promises. */
function stopsWith(computer: Computer): KyselyPlugin {
  return {
    transformQuery: ({ node }) => {
      if (computer.isDead) throw new Crash('the computer is off');
      computer.callDatabase();
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  };
}
