import { basename } from 'node:path';
import { blockTarget, otherClientTarget, type Benchmark, type Variant } from './measure.mts';
import type { BenchClient } from './palmtree.mts';
import { rsync } from './peers.mts';
import type { Testbed } from './testbed.mts';

/** A first push, and what it leaves behind. */
export interface FirstPush {
  readonly benchmark: Benchmark;
  /** The client of Palmtree's last run, still open. */
  readonly client: () => BenchClient;
  readonly tree: () => string;
  /** The complete copies that rsync made. */
  readonly copies: readonly string[];
}

export function firstPush(
  testbed: Testbed,
  root: string,
  title: string,
  { maxRatio, rounds }: { readonly maxRatio: number; readonly rounds: number },
): FirstPush {
  let client: BenchClient | undefined;
  let tree = '';
  const copies: string[] = [];
  const openClient = (): BenchClient => {
    if (client === undefined) throw new Error('nothing was pushed');
    return client;
  };
  const palmtree: Variant = {
    name: 'Palmtree',
    prepare: async () => {
      await client?.close();
      // A server that has the content already would not ask for it.
      await testbed.newServer();
      tree = testbed.newTree();
      client = await testbed.client(root, tree);
      await client.request({ op: 'track', paths: [''] });
      await testbed.flushDisk();
    },
    run: async () => {
      const pushed = await testbed.server.withOtherClient(() => openClient().request({ op: 'push' }));
      return { ...pushed, serverMegabytes: (await testbed.server.peakMemory()) / 1e6 };
    },
  };
  const peer: Variant = {
    name: 'rsync -a over ssh',
    prepare: async () => {
      copies.push(await testbed.newFolder(`${basename(root)}-rsync`));
      await testbed.flushDisk();
    },
    run: () => rsync(testbed, root, testbed.sshPath(copies.at(-1) ?? '')),
  };
  const benchmark: Benchmark = {
    id: `first-push-${basename(root)}`,
    title,
    variants: [palmtree, peer],
    targets: [
      { baseline: peer.name, max: maxRatio },
      blockTarget,
      otherClientTarget,
      { worst: { figure: 'serverMegabytes', label: 'peak memory of the server', unit: 'MB' }, max: 250 },
    ],
    rounds,
  };
  return { benchmark, client: openClient, tree: () => tree, copies };
}

export interface FirstPull {
  readonly benchmark: Benchmark;
  /** The client of Palmtree's last run, still open, on the folder that it filled. */
  readonly client: () => BenchClient;
}

/** Pulls the tree of `first` into an empty folder, as on another machine. */
export function firstPull(testbed: Testbed, root: string, first: FirstPush, title: string): FirstPull {
  let client: BenchClient | undefined;
  let copy = '';
  const openClient = (): BenchClient => {
    if (client === undefined) throw new Error('nothing was pulled');
    return client;
  };
  const palmtree: Variant = {
    name: 'Palmtree',
    prepare: async () => {
      await client?.close();
      client = await testbed.client(await testbed.newFolder('many-second'), first.tree());
      await testbed.flushDisk();
    },
    run: () => testbed.server.withOtherClient(() => openClient().request({ op: 'pull' })),
  };
  const peer: Variant = {
    name: 'rsync -a over ssh',
    prepare: async () => {
      copy = await testbed.newFolder('many-copy');
      await testbed.flushDisk();
    },
    run: () => rsync(testbed, testbed.sshPath(root), copy),
  };
  const targets = [{ baseline: peer.name, max: 1.1 }, blockTarget, otherClientTarget];
  const benchmark: Benchmark = { id: 'first-pull', title, variants: [palmtree, peer], targets, rounds: 1 };
  return { benchmark, client: openClient };
}
