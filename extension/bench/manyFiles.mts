import { dist } from '../scripts/paths.mts';
import { firstPull, firstPush } from './firstTransfers.mts';
import { hashLoop } from './hashLoop.mts';
import { makeFiles } from './inputs.mts';
import { blockTarget, timed, type Benchmark, type Variant } from './measure.mts';
import { BenchClient } from './palmtree.mts';
import { rsync, unison } from './peers.mts';
import { SyncedCopies } from './syncedCopies.mts';
import type { Testbed } from './testbed.mts';

const fileBytes = 4096;

/** A large workspace in which almost nothing changes. */
export async function* manyFiles(testbed: Testbed): AsyncGenerator<Benchmark> {
  const { manyFiles: fileCount, rounds, slowRounds, slowestRounds } = testbed.scale;
  const root = testbed.path('many');
  makeFiles(root, fileCount, fileBytes);
  const files = `${fileCount.toLocaleString('en')} files of 4 KB`;
  yield firstHash(testbed, root, `First hash of ${files}`);
  const push = firstPush(testbed, root, `First push of ${files}`, {
    maxRatio: fileCount >= 100_000 ? 0.8 : 1,
    rounds: slowestRounds,
  });
  yield push.benchmark;
  const pull = firstPull(testbed, root, push, `First pull of ${files}`);
  yield pull.benchmark;
  const copies = await SyncedCopies.build(testbed, root, push, pull);
  yield { ...start(testbed, copies), rounds };
  yield { ...save(copies), rounds: rounds * 2 };
  yield { ...pushOne(testbed, copies), rounds: slowRounds };
  yield { ...pullOne(testbed, copies), rounds: slowRounds };
  yield { ...nothingToSync(copies), rounds: rounds * 2 };
  yield { ...memory(testbed, copies), rounds: slowRounds };
  yield { ...treeView(copies), rounds };
  await copies.close();
}

function firstHash(testbed: Testbed, root: string, title: string): Benchmark {
  let client: BenchClient | undefined;
  const palmtree: Variant = {
    name: 'Palmtree',
    prepare: async () => {
      await client?.close();
      client = await testbed.client(root, testbed.newTree());
      await testbed.flushDisk();
    },
    run: async () => client?.request({ op: 'track', paths: [''] }) ?? { ms: Number.NaN },
  };
  const loop: Variant = {
    name: 'open, read and hash on all cores',
    prepare: () => testbed.flushDisk(),
    run: () => hashLoop(root),
  };
  const targets = [{ baseline: loop.name, max: 1.2 }, blockTarget];
  return { id: 'hash', title, variants: [palmtree, loop], targets, rounds: testbed.scale.slowestRounds };
}

function start(testbed: Testbed, { root, tree, git }: SyncedCopies): Omit<Benchmark, 'rounds'> {
  const palmtree: Variant = {
    name: 'Palmtree',
    run: async () => {
      const client = await BenchClient.start();
      const { url, token } = testbed.server;
      const opened = await client.request({ op: 'open', dist, url, token, ...testbed.clientPaths(root, tree) });
      const scanned = await client.request({ op: 'rescan' });
      await client.close();
      if (scanned['outgoing'] !== 0) throw new Error('a start found changes in an unchanged workspace');
      const blockedMs = Math.max(opened['blockedMs'] ?? Number.NaN, scanned['blockedMs'] ?? Number.NaN);
      return { ...scanned, ms: opened.ms + scanned.ms, blockedMs };
    },
  };
  const gitStatus: Variant = { name: 'git status', run: () => timed(() => git.run('status', '--porcelain')) };
  return {
    id: 'start',
    title: `Start with ${testbed.scale.manyFiles.toLocaleString('en')} tracked files, nothing changed`,
    variants: [palmtree, gitStatus],
    targets: [{ baseline: gitStatus.name, max: 1 }, blockTarget],
  };
}

function save(copies: SyncedCopies): Omit<Benchmark, 'rounds'> {
  let pending = 0;
  const palmtree: Variant = {
    name: 'Palmtree',
    run: async () => {
      const path = copies.change();
      return copies.firstClient.request({ op: 'fileEvents', paths: [path], outgoing: ++pending });
    },
  };
  const title = "One saved file: from the watcher's event until the count of pending paths is updated";
  return { id: 'save', title, variants: [palmtree], targets: [{ max: 20 }] };
}

function pushOne(testbed: Testbed, copies: SyncedCopies): Omit<Benchmark, 'rounds'> {
  const { root, firstClient, git } = copies;
  /** `pushOthers` pushes the changes of the other tools' runs first, for the tools to which many changes are cheap. */
  const change = async (pushOthers?: () => Promise<unknown>): Promise<void> => {
    await pushOthers?.();
    copies.change();
    await testbed.dropCaches();
  };
  const variants: Variant[] = [
    {
      name: 'Palmtree',
      prepare: () => change(() => firstClient.request({ op: 'push' })),
      run: () => firstClient.request({ op: 'push' }),
    },
    {
      name: 'git add, commit, push',
      prepare: () => change(() => git.addCommitPush('others')),
      run: () => timed(() => git.addCommitPush('one')),
    },
    {
      name: 'rsync -a over ssh',
      prepare: () => change(),
      run: () => rsync(testbed, root, testbed.sshPath(testbed.path('many-rsync'))),
    },
    {
      name: 'unison over ssh',
      prepare: () => change(),
      run: () => timed(() => unison(testbed, root, testbed.path('many-unison'))),
    },
  ];
  return { id: 'push-one', title: 'Push one changed file', ...oneFileTargets(testbed, variants) };
}

/** The targets for a single changed file; a quick run has none for unison. */
function oneFileTargets(testbed: Testbed, all: Variant[]): Pick<Benchmark, 'variants' | 'targets'> {
  const variants = testbed.scale.name === 'full' ? all : all.slice(0, 3);
  const [, git, ...scanners] = variants.map(({ name }) => name);
  const scannerTargets = scanners.map((baseline) => ({ baseline, max: 0.2 }));
  return { variants, targets: [{ baseline: git ?? '', max: 1 }, ...scannerTargets, blockTarget] };
}

function pullOne(testbed: Testbed, copies: SyncedCopies): Omit<Benchmark, 'rounds'> {
  const { root, firstClient, secondClient, git, gitClone } = copies;
  const [rsyncCopy, unisonCopy] = [testbed.path('many-rsync'), testbed.path('many-unison')];
  const variants: Variant[] = [
    {
      name: 'Palmtree',
      prepare: async () => {
        await firstClient.request({ op: 'push' });
        await secondClient.request({ op: 'pull' });
        copies.change();
        await firstClient.request({ op: 'push' });
        await testbed.dropCaches();
      },
      run: () => secondClient.request({ op: 'pull' }),
    },
    {
      name: 'git pull',
      prepare: async () => {
        await gitClone.run('pull', '-q');
        copies.change();
        await git.addCommitPush('one');
        await testbed.dropCaches();
      },
      run: () => timed(() => gitClone.run('pull', '-q')),
    },
    {
      name: 'rsync -a over ssh',
      prepare: async () => {
        copies.change(rsyncCopy);
        await testbed.dropCaches();
      },
      run: () => rsync(testbed, testbed.sshPath(rsyncCopy), testbed.path('many-rsync-second')),
    },
    {
      name: 'unison over ssh',
      prepare: async () => {
        copies.change(unisonCopy);
        await testbed.dropCaches();
      },
      run: () => timed(() => unison(testbed, root, unisonCopy)),
    },
  ];
  return { id: 'pull-one', title: 'Pull one changed file', ...oneFileTargets(testbed, variants) };
}

function nothingToSync({ firstClient }: SyncedCopies): Omit<Benchmark, 'rounds'> {
  const palmtree: Variant = {
    name: 'Palmtree',
    prepare: async () => {
      await firstClient.request({ op: 'pull' });
      await firstClient.request({ op: 'push' });
    },
    run: async () => {
      const scanned = await firstClient.request({ op: 'rescan' });
      const pushed = await firstClient.request({ op: 'push' });
      const pulled = await firstClient.request({ op: 'pull' });
      const ms = Math.max(pushed.ms, pulled.ms);
      return { ms, beyondScanMs: ms - scanned.ms };
    },
  };
  const title = 'Nothing to push or pull: time beyond a rescan';
  return { id: 'nothing', title, figure: 'beyondScanMs', variants: [palmtree], targets: [{ max: 50 }] };
}

function memory(testbed: Testbed, { root, tree }: SyncedCopies): Omit<Benchmark, 'rounds'> {
  const palmtree: Variant = {
    name: 'Palmtree',
    run: async () => {
      const empty = await testbed.client(testbed.path('empty'), testbed.newTree());
      await empty.request({ op: 'rescan' });
      const before = await empty.request({ op: 'memory' });
      await empty.close();
      const full = await testbed.client(root, tree);
      await full.request({ op: 'rescan' });
      const after = await full.request({ op: 'memory' });
      await full.close();
      const megabytes = ((after['bytes'] ?? 0) - (before['bytes'] ?? 0)) / 1e6;
      return { ms: after.ms, megabytes };
    },
  };
  const files = testbed.scale.manyFiles.toLocaleString('en');
  const title = `Memory of the extension host for ${files} tracked files, above that for an empty folder`;
  return { id: 'memory', title, figure: 'megabytes', unit: 'MB', variants: [palmtree], targets: [{ max: 120 }] };
}

function treeView({ firstClient }: SyncedCopies): Omit<Benchmark, 'rounds'> {
  const palmtree: Variant = { name: 'Palmtree', run: () => firstClient.request({ op: 'view' }) };
  // The worst run is the first: later runs reuse its folders.
  const targets = [{ worst: { figure: 'ms', label: 'first time' }, max: 100 }];
  return { id: 'view', title: 'The tree view opens', variants: [palmtree], targets };
}
