import { join } from 'node:path';
import type { Reporter } from '../../../src/sync/ports/serverBinding';
import { Machine, type MachineOptions } from '../machine';
import { readFiles, type Files } from './files';
import type { Random } from './random';
import { trackedFolder, User } from './user';

/** A user and the machine that the user works on. */
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

  /** Closes the machine as a closed window does, and opens another on the same folder and storage. */
  async reopen(): Promise<void> {
    await this.machine.close();
    const { root, storage } = this.machine;
    this.machine = await Machine.open({ ...this.#options, root, storage });
  }

  filesOnDisk(): Promise<Files> {
    return readFiles(this.machine.root);
  }

  /** Returns the files that the extension reports as tracked, and all files in the tracked folder even if it does not. */
  async trackedFiles(): Promise<Files> {
    const { sync } = this.machine;
    const isTracked = (path: string): boolean => path.startsWith(`${trackedFolder}/`) || sync.isOnDisk(path);
    return new Map([...(await this.filesOnDisk())].filter(([path]) => isTracked(path)));
  }

  filesInBackups(): Promise<Files> {
    return readFiles(join(this.machine.storage, 'backups'));
  }

  /** Conflicts, and paths that both sides changed and no pull has tried to merge yet. The user can resolve both. */
  get conflicts(): string[] {
    const { pathStates } = this.machine.sync;
    return this.unsyncedPaths.filter((path) => ['both', 'conflict'].includes(pathStates.get(path) ?? ''));
  }

  get unsyncedPaths(): string[] {
    return [...this.machine.sync.pathStates.keys()].sort();
  }

  /** Sorted, so that a seed leads to the same steps whatever order the disk lists its files in. */
  get trackedPaths(): string[] {
    return [...this.machine.sync.trackedPaths].sort();
  }
}

/** Cancels a command when it begins its `n`th step, if it gets that far. */
export function cancelAtStep(n: number): Reporter {
  const controller = new AbortController();
  let steps = 0;
  return {
    signal: controller.signal,
    step: () => {
      if (++steps === n) controller.abort();
    },
    progress: () => undefined,
  };
}
