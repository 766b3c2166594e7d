import { setImmediate as turn } from 'node:timers/promises';
import { isPalmtreeError, type ErrorCode } from '../../../src/errors';
import { Client } from '../../../src/io/api/client';
import { storagePaths } from '../../../src/io/openFolderStorage';
import type { ServerBinding } from '../../../src/sync/ports/serverBinding';
import type { CommandContext } from '../../../src/sync/replica/commandContext';
import { Replica } from '../../../src/sync/replica/replica';
import { tooLongTest } from '../../../src/sync/transfer/staging';
import { DirectScanner } from '../../support/directScanner';
import { Computer, type DiskFault } from '../disk/computer';
import { realFs } from '../disk/realFs';
import { addComputer, removeComputer } from '../disk/simulatedDisk';
import { filesBelow, type Files } from './files';
import { MemoryStore } from './memoryStore';
import { address, tree, type ModelServer } from './modelServer';
import { simulatedTransfer } from './simulatedTransfer';

export const trackedFolder = 'n';
const drainTurns = 12;

export type Outcome<T> =
  | { readonly kind: 'done'; readonly result: T }
  | { readonly kind: 'error'; readonly code: ErrorCode | 'system' }
  | { readonly kind: 'crashed' };

/** A client on a computer of its own: the commands, the scan and the code that writes, without VS Code. */
export class ModelMachine {
  readonly name: string;
  readonly root: string;
  readonly #folder: string;
  readonly #binding: ServerBinding;
  #computer: Computer;
  #store: MemoryStore;
  #replica: Replica;
  #crashes = 0;

  constructor(name: string, folder: string, server: ModelServer) {
    this.name = name;
    this.root = `${folder}/root`;
    this.#folder = folder;
    for (const one of [this.root, `${folder}/storage`, `${this.root}/${trackedFolder}`])
      realFs.mkdirSync(one, { recursive: true });
    this.#computer = new Computer([this.root, `${folder}/storage`], `${folder}/graveyard`);
    addComputer(this.#computer);
    this.#store = new MemoryStore(this.#computer);
    this.#store.state.binding = { server: address, tree };
    this.#binding = bindingTo(server);
    this.#replica = this.#open();
    this.#replica.rules.track(trackedFolder, 'folder');
  }

  get replica(): Replica {
    return this.#replica;
  }

  get computer(): Computer {
    return this.#computer;
  }

  /** Saves the rules, before anything can fail. */
  async start(): Promise<void> {
    await this.#replica.save();
  }

  files(): Files {
    return filesBelow(this.root);
  }

  backups(): Files {
    return filesBelow(storagePaths(`${this.#folder}/storage`).backups);
  }

  /** The files that commands left in their staging folder. */
  staged(): string[] {
    const { staging } = storagePaths(`${this.#folder}/storage`);
    return realFs.existsSync(staging) ? realFs.readdirSync(staging) : [];
  }

  /** Runs a command, in which this computer may fail at a call, or the user cancel at a step. */
  async run<T>(
    command: (context: CommandContext) => Promise<T>,
    { disk, cancelAt }: { readonly disk?: DiskFault | undefined; readonly cancelAt?: number | undefined } = {},
  ): Promise<Outcome<T>> {
    const stop = new AbortController();
    let steps = 0;
    const step = (): void => {
      if (steps++ === cancelAt) stop.abort();
    };
    const reporter = { signal: stop.signal, step, progress: () => undefined };
    const context = { replica: this.#replica, folders: this.#folders(), server: this.#binding, reporter };
    this.#computer.begin(disk);
    let outcome: Outcome<T>;
    try {
      outcome = { kind: 'done', result: await command(context) };
    } catch (error) {
      outcome = { kind: 'error', code: isPalmtreeError(error) ? error.code : systemError(error, this.#computer) };
    }
    if (this.#computer.isDead) {
      await this.#reopen();
      return { kind: 'crashed' };
    }
    this.#computer.begin(undefined);
    return outcome;
  }

  close(): void {
    removeComputer(this.#computer);
  }

  /** Starts the computer again. The store is as it was last saved. */
  async #reopen(): Promise<void> {
    for (let turns = 0; turns < drainTurns; turns++) await turn();
    this.#computer.restart();
    removeComputer(this.#computer);
    this.#computer = new Computer(this.#computer.folders, `${this.#folder}/graveyard-${++this.#crashes}`);
    addComputer(this.#computer);
    this.#store = new MemoryStore(this.#computer, this.#store.saved);
    this.#replica = this.#open();
  }

  #open(): Replica {
    return new Replica({
      root: this.root,
      store: this.#store,
      scanner: new DirectScanner(this.root, this.#store.state.observations.values()),
      settings: () => ({ exclude: [], respectGitignore: false, deletionGuardFraction: 1 }),
      tooLong: tooLongTest(this.root, this.#folders()),
    });
  }

  #folders() {
    return storagePaths(`${this.#folder}/storage`);
  }
}

/** An error without a code of Palmtree, which only a failing disk may cause. */
function systemError(error: unknown, { hasFailed, isDead }: Computer): 'system' {
  if (hasFailed || isDead) return 'system';
  throw error;
}

function bindingTo(server: ModelServer): ServerBinding {
  return {
    client: new Client(address, server.token),
    tree,
    findRsync: () => Promise.resolve('rsync'),
    openScreen: () => ({
      interrupted: new AbortController().signal,
      write: () => undefined,
      pack: () => undefined,
      retrying: () => undefined,
      end: () => undefined,
    }),
    transfer: simulatedTransfer(server),
  };
}
