import { rename } from 'node:fs/promises';
import { basename } from 'node:path';
import { hashLoop } from './hashLoop.mts';
import { makeFiles, pathOf, touchFile } from './inputs.mts';
import type { Contender, Work } from './measure.mts';
import { neverBlocked, othersAnswered, timed } from './measure.mts';
import { BenchClient } from './palmtree.mts';
import { Git, rsync, unison } from './peers.mts';
import { copyFolder, type Stage } from './stage.mts';
import { dist } from '../scripts/paths.mts';

const bytesEach = 4096;

/** All that concerns a big workspace of which nearly nothing changes. */
export async function* manyFiles(stage: Stage): AsyncGenerator<Work> {
  const { many, rounds, longRounds, longestRounds } = stage.scale;
  const root = stage.path('many');
  makeFiles(root, many, bytesEach);
  const count = many.toLocaleString('en');
  yield firstHash(stage, root, `First hash of ${count} files of 4 KB`);
  const first = firstPush(stage, root, `First push of ${count} files of 4 KB`, {
    most: many >= 100_000 ? 1.2 : 1,
    rounds: longestRounds,
  });
  yield first.work;
  const pulled = firstPull(stage, root, first, `First pull of ${count} files of 4 KB`);
  yield pulled.work;
  const world = await World.build(stage, root, first, pulled);
  yield { ...start(stage, world), rounds };
  yield { ...save(world), rounds: rounds * 2 };
  yield { ...pushOne(stage, world), rounds: longRounds };
  yield { ...pullOne(stage, world), rounds: longRounds };
  yield { ...nothing(world), rounds: rounds * 2 };
  yield { ...memory(stage, world), rounds: longRounds };
  yield { ...view(world), rounds };
  await world.close();
}

function firstHash(stage: Stage, root: string, title: string): Work {
  let client: BenchClient | undefined;
  const palmtree: Contender = {
    name: 'Palmtree',
    before: async () => {
      await client?.close();
      const tree = stage.newTree();
      client = await stage.client(root, tree);
      await stage.settle();
    },
    run: async () => client?.ask({ op: 'track', paths: [''] }) ?? { ms: Number.NaN },
  };
  const loop: Contender = {
    name: 'open, read and hash on all cores',
    before: () => stage.settle(),
    run: () => hashLoop(root),
  };
  const targets = [{ against: loop.name, most: 1.2 }, neverBlocked];
  return { id: 'hash', title, contenders: [palmtree, loop], targets, rounds: stage.scale.longestRounds };
}

/** What a first push leaves: Palmtree's last client and its tree, and the peer's copies, which are whole. */
export interface FirstPush {
  readonly work: Work;
  readonly client: () => BenchClient;
  readonly tree: () => string;
  readonly copies: readonly string[];
}

export function firstPush(
  stage: Stage,
  root: string,
  title: string,
  { most, rounds }: { readonly most: number; readonly rounds: number },
): FirstPush {
  let client: BenchClient | undefined;
  let tree = '';
  const copies: string[] = [];
  const opened = (): BenchClient => {
    if (client === undefined) throw new Error('nothing was pushed');
    return client;
  };
  const palmtree: Contender = {
    name: 'Palmtree',
    before: async () => {
      await client?.close();
      // What it has already would not be a first push.
      await stage.newServer();
      tree = stage.newTree();
      client = await stage.client(root, tree);
      await client.ask({ op: 'track', paths: [''] });
      await stage.settle();
    },
    run: () => stage.server.withAnother(() => opened().ask({ op: 'push' })),
  };
  const peer: Contender = {
    name: 'rsync -a over ssh',
    before: async () => {
      copies.push(await stage.newFolder(`${basename(root)}-rsync`));
      await stage.settle();
    },
    run: () => rsync(stage, root, stage.remote(copies.at(-1) ?? '')),
  };
  const work: Work = {
    id: `first-push-${basename(root)}`,
    title,
    contenders: [palmtree, peer],
    targets: [{ against: peer.name, most }, neverBlocked, othersAnswered],
    rounds,
  };
  return { work, client: opened, tree: () => tree, copies };
}

/** What a first pull leaves: Palmtree's last client, on the folder that it filled. */
interface FirstPull {
  readonly work: Work;
  readonly client: () => BenchClient;
}

/** Into an empty folder of another machine. */
function firstPull(stage: Stage, root: string, first: FirstPush, title: string): FirstPull {
  let client: BenchClient | undefined;
  let copy = '';
  const opened = (): BenchClient => {
    if (client === undefined) throw new Error('nothing was pulled');
    return client;
  };
  const palmtree: Contender = {
    name: 'Palmtree',
    before: async () => {
      await client?.close();
      client = await stage.client(await stage.newFolder('many-there'), first.tree());
      await stage.settle();
    },
    run: () => stage.server.withAnother(() => opened().ask({ op: 'pull' })),
  };
  const peer: Contender = {
    name: 'rsync -a over ssh',
    before: async () => {
      copy = await stage.newFolder('many-copy');
      await stage.settle();
    },
    run: () => rsync(stage, stage.remote(root), copy),
  };
  const targets = [{ against: peer.name, most: 1.2 }, neverBlocked, othersAnswered];
  const work: Work = { id: 'first-pull', title, contenders: [palmtree, peer], targets, rounds: 1 };
  return { work, client: opened };
}

/** A workspace that everybody has the whole of: two machines of each contender. */
class World {
  readonly stage: Stage;
  readonly root: string;
  readonly tree: string;
  readonly here: BenchClient;
  readonly there: BenchClient;
  readonly git: Git;
  readonly gitThere: Git;
  #changes = 0;

  private constructor(parts: Pick<World, 'stage' | 'root' | 'tree' | 'here' | 'there' | 'git' | 'gitThere'>) {
    this.stage = parts.stage;
    this.root = parts.root;
    this.tree = parts.tree;
    this.here = parts.here;
    this.there = parts.there;
    this.git = parts.git;
    this.gitThere = parts.gitThere;
  }

  /** What the first push has brought about is the beginning of it. */
  static async build(stage: Stage, root: string, first: FirstPush, pulled: FirstPull): Promise<World> {
    const [here, tree, there] = [first.client(), first.tree(), pulled.client()];
    for (const name of ['many-rsync', 'many-rsync-there']) {
      const copy = first.copies[name === 'many-rsync' ? 0 : 1];
      if (copy === undefined) await copyFolder(root, stage.path(name));
      else await rename(copy, stage.path(name));
    }
    const git = await Git.init(stage, root, stage.path('many.git'));
    const gitThere = await git.clone(stage.path('many.git'), stage.path('many-clone'));
    await rsync(stage, root, stage.remote(stage.path('many-rsync')));
    if (stage.scale.name === 'full') {
      await copyFolder(root, stage.path('many-unison'));
      await unison(stage, root, stage.path('many-unison'));
    }
    return new World({ stage, root, tree, here, there, git, gitThere });
  }

  /** Changes another file each time, in the copy that `folder` names. */
  change(folder = this.root): string {
    const number = (++this.#changes * 7919) % this.stage.scale.many;
    touchFile(folder, number, `change ${this.#changes}`);
    return pathOf(number);
  }

  async close(): Promise<void> {
    await this.here.close();
    await this.there.close();
  }
}

function start(stage: Stage, world: World): Omit<Work, 'rounds'> {
  const palmtree: Contender = {
    name: 'Palmtree',
    run: async () => {
      const client = await BenchClient.start();
      const { url, token } = stage.server;
      const opened = await client.ask({ op: 'open', dist, url, token, ...stage.place(world.root, world.tree) });
      const looked = await client.ask({ op: 'rescan' });
      await client.close();
      if (looked['outgoing'] !== 0) throw new Error('a start saw changes where there are none');
      const blockedMs = Math.max(opened['blockedMs'] ?? Number.NaN, looked['blockedMs'] ?? Number.NaN);
      return { ...looked, ms: opened.ms + looked.ms, blockedMs };
    },
  };
  const git: Contender = { name: 'git status', run: () => timed(() => world.git.run('status', '--porcelain')) };
  return {
    id: 'start',
    title: `Start with ${stage.scale.many.toLocaleString('en')} tracked files, nothing changed`,
    contenders: [palmtree, git],
    targets: [{ against: git.name, most: 1 }, neverBlocked],
  };
}

function save(world: World): Omit<Work, 'rounds'> {
  let waiting = 0;
  const palmtree: Contender = {
    name: 'Palmtree',
    run: async () => {
      const path = world.change();
      return world.here.ask({ op: 'noteChanged', paths: [path], outgoing: ++waiting });
    },
  };
  const title = "One file saved: from the watcher's event until the count of what waits is right";
  return { id: 'save', title, contenders: [palmtree], targets: [{ most: 20 }] };
}

function pushOne(stage: Stage, world: World): Omit<Work, 'rounds'> {
  /** What the others' turns changed is out of the way first, where that costs little. */
  const change = async (settle?: () => Promise<unknown>): Promise<void> => {
    await settle?.();
    world.change();
    await stage.dropCaches();
  };
  const all: Contender[] = [
    {
      name: 'Palmtree',
      before: () => change(() => world.here.ask({ op: 'push' })),
      run: () => world.here.ask({ op: 'push' }),
    },
    {
      name: 'git add, commit, push',
      before: () => change(() => world.git.send('others')),
      run: () => timed(() => world.git.send('one')),
    },
    {
      name: 'rsync -a over ssh',
      before: () => change(),
      run: () => rsync(stage, world.root, stage.remote(stage.path('many-rsync'))),
    },
    {
      name: 'unison over ssh',
      before: () => change(),
      run: () => timed(() => unison(stage, world.root, stage.path('many-unison'))),
    },
  ];
  return { id: 'push-one', title: 'Push one changed file', ...oneFile(stage, all) };
}

function oneFile(stage: Stage, all: Contender[]): Pick<Work, 'contenders' | 'targets'> {
  const contenders = stage.scale.name === 'full' ? all : all.slice(0, 3);
  const [, git, ...slow] = contenders.map(({ name }) => name);
  return {
    contenders,
    targets: [{ against: git ?? '', most: 1 }, ...slow.map((against) => ({ against, most: 0.2 })), neverBlocked],
  };
}

function pullOne(stage: Stage, world: World): Omit<Work, 'rounds'> {
  const [rsyncCopy, unisonCopy] = [stage.path('many-rsync'), stage.path('many-unison')];
  const all: Contender[] = [
    {
      name: 'Palmtree',
      before: async () => {
        await world.here.ask({ op: 'push' });
        await world.there.ask({ op: 'pull' });
        world.change();
        await world.here.ask({ op: 'push' });
        await stage.dropCaches();
      },
      run: () => world.there.ask({ op: 'pull' }),
    },
    {
      name: 'git pull',
      before: async () => {
        await world.gitThere.run('pull', '-q');
        world.change();
        await world.git.send('one');
        await stage.dropCaches();
      },
      run: () => timed(() => world.gitThere.run('pull', '-q')),
    },
    {
      name: 'rsync -a over ssh',
      before: async () => {
        world.change(rsyncCopy);
        await stage.dropCaches();
      },
      run: () => rsync(stage, stage.remote(rsyncCopy), stage.path('many-rsync-there')),
    },
    {
      name: 'unison over ssh',
      before: async () => {
        world.change(unisonCopy);
        await stage.dropCaches();
      },
      run: () => timed(() => unison(stage, world.root, unisonCopy)),
    },
  ];
  return { id: 'pull-one', title: 'Pull one changed file', ...oneFile(stage, all) };
}

function nothing(world: World): Omit<Work, 'rounds'> {
  const palmtree: Contender = {
    name: 'Palmtree',
    before: async () => {
      await world.here.ask({ op: 'pull' });
      await world.here.ask({ op: 'push' });
    },
    run: async () => {
      const looked = await world.here.ask({ op: 'rescan' });
      const pushed = await world.here.ask({ op: 'push' });
      const pulled = await world.here.ask({ op: 'pull' });
      const ms = Math.max(pushed.ms, pulled.ms);
      return { ms, beyondMs: ms - looked.ms };
    },
  };
  const title = 'Nothing to push or pull: what it takes beyond a rescan';
  return { id: 'nothing', title, figure: 'beyondMs', contenders: [palmtree], targets: [{ most: 50 }] };
}

function memory(stage: Stage, world: World): Omit<Work, 'rounds'> {
  const palmtree: Contender = {
    name: 'Palmtree',
    run: async () => {
      const empty = await stage.client(stage.path('empty'), stage.newTree());
      await empty.ask({ op: 'rescan' });
      const before = await empty.ask({ op: 'memory' });
      await empty.close();
      const full = await stage.client(world.root, world.tree);
      await full.ask({ op: 'rescan' });
      const after = await full.ask({ op: 'memory' });
      await full.close();
      const megabytes = ((after['bytes'] ?? 0) - (before['bytes'] ?? 0)) / 1e6;
      return { ms: after.ms, megabytes };
    },
  };
  const title = `Memory of the extension host for ${stage.scale.many.toLocaleString('en')} tracked files, above an empty one`;
  return { id: 'memory', title, figure: 'megabytes', unit: 'MB', contenders: [palmtree], targets: [{ most: 120 }] };
}

function view(world: World): Omit<Work, 'rounds'> {
  const palmtree: Contender = { name: 'Palmtree', run: () => world.here.ask({ op: 'view' }) };
  // Later ones find the folders made already.
  const targets = [{ worst: { figure: 'ms', of: 'for the first time' }, most: 100 }];
  return { id: 'view', title: 'The tree view opens', contenders: [palmtree], targets };
}
