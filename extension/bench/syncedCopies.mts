import { rename } from 'node:fs/promises';
import type { FirstPull, FirstPush } from './firstTransfers.mts';
import { changeFile, pathOf } from './inputs.mts';
import type { BenchClient } from './palmtree.mts';
import { Git, rsync, unison } from './peers.mts';
import { copyFolder, type Testbed } from './testbed.mts';

interface SyncedCopiesDeps {
  readonly testbed: Testbed;
  /** The folder from which all tools push. */
  readonly root: string;
  readonly tree: string;
  readonly firstClient: BenchClient;
  readonly secondClient: BenchClient;
  readonly git: Git;
  readonly gitClone: Git;
}

/** One workspace, of which each tool has two copies in sync. */
export class SyncedCopies {
  readonly testbed: Testbed;
  readonly root: string;
  readonly tree: string;
  readonly firstClient: BenchClient;
  readonly secondClient: BenchClient;
  readonly git: Git;
  readonly gitClone: Git;
  #changes = 0;

  private constructor(deps: SyncedCopiesDeps) {
    this.testbed = deps.testbed;
    this.root = deps.root;
    this.tree = deps.tree;
    this.firstClient = deps.firstClient;
    this.secondClient = deps.secondClient;
    this.git = deps.git;
    this.gitClone = deps.gitClone;
  }

  /** Reuses the clients and the copies that the first push and the first pull left behind. */
  static async build(testbed: Testbed, root: string, push: FirstPush, pull: FirstPull): Promise<SyncedCopies> {
    for (const [index, name] of ['many-rsync', 'many-rsync-second'].entries()) {
      const copy = push.copies[index];
      if (copy === undefined) await copyFolder(root, testbed.path(name));
      else await rename(copy, testbed.path(name));
    }
    const git = await Git.init(testbed, root, testbed.path('many.git'));
    const gitClone = await git.clone(testbed.path('many.git'), testbed.path('many-clone'));
    await rsync(testbed, root, testbed.sshPath(testbed.path('many-rsync')));
    if (testbed.scale.name === 'full') {
      await copyFolder(root, testbed.path('many-unison'));
      await unison(testbed, root, testbed.path('many-unison'));
    }
    const [firstClient, tree, secondClient] = [push.client(), push.tree(), pull.client()];
    return new SyncedCopies({ testbed, root, tree, firstClient, secondClient, git, gitClone });
  }

  /** Changes one file in `folder`, another one each time. Returns its path. */
  change(folder = this.root): string {
    const number = (++this.#changes * 7919) % this.testbed.scale.manyFiles;
    changeFile(folder, number, `change ${this.#changes}`);
    return pathOf(number);
  }

  async close(): Promise<void> {
    await this.firstClient.close();
    await this.secondClient.close();
  }
}
