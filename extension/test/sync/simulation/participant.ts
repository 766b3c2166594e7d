import { join } from 'node:path';
import type { Reporter } from '../../../src/sync/ports/serverBinding';
import { Machine, type MachineOptions } from '../machine';
import { standingIn, type Standing } from './contents';
import type { Random } from './random';
import { trackedFolder, User } from './user';

/** One of those who share the tree: a user at a machine. */
export class Participant {
  readonly name: string;
  readonly user: User;
  machine: Machine;
  readonly #options: MachineOptions;

  private constructor(name: string, machine: Machine, options: MachineOptions, user: User) {
    this.name = name;
    this.machine = machine;
    this.#options = options;
    this.user = user;
  }

  static async join(name: string, options: MachineOptions, random: Random): Promise<Participant> {
    const machine = await Machine.open(options);
    return new Participant(name, machine, options, new User(name, machine.root, random));
  }

  /** Ends the machine as a closed window does, and opens it on the same folder and storage. */
  async reopen(): Promise<void> {
    await this.machine.close();
    const { root, storage } = this.machine;
    this.machine = await Machine.open({ ...this.#options, root, storage });
  }

  onDisk(): Promise<Map<string, Standing>> {
    return standingIn(this.machine.root);
  }

  /** What is kept in step, as far as the extension says so, and all that lies in the tracked folder whatever it says. */
  async tracked(): Promise<Map<string, Standing>> {
    const { sync } = this.machine;
    const isMeant = (path: string): boolean => path.startsWith(`${trackedFolder}/`) || sync.isOnDisk(path);
    return new Map([...(await this.onDisk())].filter(([path]) => isMeant(path)));
  }

  backups(): Promise<Map<string, Standing>> {
    return standingIn(join(this.machine.storage, 'backups'));
  }

  /** Those that a pull has yet to try, too: they can be decided just as well. */
  get conflicts(): string[] {
    const { pathStates } = this.machine.sync;
    return this.outOfStep.filter((path) => ['both', 'conflict'].includes(pathStates.get(path) ?? ''));
  }

  get outOfStep(): string[] {
    return [...this.machine.sync.pathStates.keys()].sort();
  }

  /** Sorted, so that a seed leads to the same steps whatever order a disk lists its files in. */
  get trackedPaths(): string[] {
    return [...this.machine.sync.trackedPaths].sort();
  }
}

/** Ends the command at its step of that number, if it comes so far. */
export function cancelledAt(step: number): Reporter {
  const controller = new AbortController();
  let steps = 0;
  return {
    signal: controller.signal,
    step: () => {
      if (++steps === step) controller.abort();
    },
    progress: () => undefined,
  };
}
