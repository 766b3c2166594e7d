import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { maskOf } from '../../../src/core/folderMasks';
import { parentFolders } from '../../../src/core/paths';
import type { Reporter } from '../../../src/sync/ports/serverBinding';
import { Machine, type MachineOptions } from '../machine';
import type { DoomedCommand } from './doomedClient';
import { readFiles, type Files, type FileState } from './files';
import type { Random } from './random';
import { trackedFolder, User } from './user';

type Place = Pick<DoomedCommand, 'root' | 'storage' | 'url' | 'token' | 'tree'>;

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

  /** Closes the machine while another process works on its folder. */
  async runDoomed<T>(work: (command: Place) => Promise<T> | undefined): Promise<T | undefined> {
    await this.machine.close();
    const { root, storage } = this.machine;
    const { url, token, tree = '' } = this.#options;
    const result = await work({ root, storage, url, token, tree });
    this.machine = await Machine.open({ ...this.#options, root, storage });
    return result;
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

  /** `files` with the permission bits alone that the folders of this machine leave to them. */
  async masked(files: Files): Promise<Files> {
    const found: [string, FileState][] = [];
    for (const [path, state] of files) {
      let { mode } = state;
      for (const folder of parentFolders(path)) {
        const stats = await lstat(join(this.machine.root, folder)).catch(() => undefined);
        if (stats?.isDirectory() === true) mode &= maskOf(stats.mode);
      }
      found.push([path, { ...state, mode }]);
    }
    return new Map(found);
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
  return { ...onStep(n - 1, () => controller.abort()), signal: controller.signal };
}

/** Calls `then` when a command begins the step with that index. */
export function onStep(index: number, then: () => void): Reporter {
  let steps = 0;
  return {
    signal: new AbortController().signal,
    step: () => {
      if (steps++ === index) then();
    },
    progress: () => undefined,
  };
}
