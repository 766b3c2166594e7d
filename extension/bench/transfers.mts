import { fork } from 'node:child_process';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { registerChild } from '../scripts/processes/liveChildren.mjs';
import { nodeBinary } from '../scripts/paths.mts';
import { firstPush } from './firstTransfers.mts';
import { changeFile, changeFraction, makeFiles, makeLargeFile } from './inputs.mts';
import { blockTarget, timed, type Benchmark, type Variant } from './measure.mts';
import type { BenchClient } from './palmtree.mts';
import { rclone, rsync } from './peers.mts';
import type { Link } from './shaper.mts';
import type { Testbed } from './testbed.mts';

/** Pushes whose time depends on the transfer of content. */
export async function* transfers(testbed: Testbed): AsyncGenerator<Benchmark> {
  const { mediumFiles, slowRounds } = testbed.scale;
  const root = testbed.path('some');
  makeFiles(root, mediumFiles, 2048);
  const title = `First push of ${mediumFiles.toLocaleString('en')} files of 2 KB`;
  const { benchmark } = firstPush(testbed, root, title, {
    maxRatio: mediumFiles >= 20_000 ? 0.8 : 1,
    rounds: slowRounds,
  });
  yield { ...benchmark, variants: [...benchmark.variants, ...slowestVariants(testbed, root)] };
  yield* largeFile(testbed);
  yield await renamedFolder(testbed);
  yield await slowLink(testbed, { delayMs: 10, bitsPerSecond: 100e6 });
}

/** Returns rclone, by far the slowest with many files, as a variant that runs once; none in a quick run. */
function slowestVariants(testbed: Testbed, root: string): readonly Variant[] {
  if (testbed.scale.name !== 'full') return [];
  let copy = '';
  const rcloneVariant: Variant = {
    name: 'rclone over sftp',
    runsOnce: true,
    prepare: async () => {
      copy = await testbed.newFolder('rclone');
      await testbed.flushDisk();
    },
    run: () => timed(() => rclone(testbed, root, copy)),
  };
  return [rcloneVariant];
}

async function* largeFile(testbed: Testbed): AsyncGenerator<Benchmark> {
  const { largeFileBytes, slowRounds } = testbed.scale;
  const root = testbed.path('large');
  const file = join(root, 'noise.bin');
  makeLargeFile(file, largeFileBytes);
  const isGiB = largeFileBytes >= 2 ** 30;
  const size = isGiB ? `${largeFileBytes / 2 ** 30} GiB` : `${largeFileBytes / 2 ** 20} MiB`;
  let copy = '';
  let client: BenchClient | undefined;
  const palmtree: Variant = {
    name: 'Palmtree',
    prepare: async () => {
      await client?.close();
      await testbed.newServer();
      client = await testbed.client(root, testbed.newTree());
      await client.request({ op: 'track', paths: [''] });
      await testbed.flushDisk();
    },
    run: async () => {
      const pushed = (await client?.request({ op: 'push' })) ?? { ms: Number.NaN };
      return { ...pushed, serverMegabytes: (await testbed.server.peakMemory()) / 1e6 };
    },
  };
  yield {
    id: 'large-new',
    title: `Push a new file of ${size}`,
    variants: [
      palmtree,
      {
        name: 'rsync -a over ssh',
        prepare: async () => {
          copy = await testbed.newFolder('large-rsync');
          await testbed.flushDisk();
        },
        run: () => rsync(testbed, root, testbed.sshPath(copy)),
      },
      ...slowestVariants(testbed, root),
    ],
    targets: [
      { baseline: 'rsync -a over ssh', max: 1.1 },
      blockTarget,
      { worst: { figure: 'serverMegabytes', label: 'peak memory of the server', unit: 'MB' }, max: 200 },
    ],
    rounds: slowRounds,
  };
  if (client !== undefined) yield largeChanged(testbed, client, root, copy, size);
  await client?.close();
  await rm(root, { recursive: true });
}

function largeChanged(testbed: Testbed, client: BenchClient, root: string, copy: string, size: string): Benchmark {
  let round = 0;
  const change = (): Promise<void> => {
    changeFraction(join(root, 'noise.bin'), testbed.scale.largeFileBytes, 0.01, ++round);
    return Promise.resolve();
  };
  return {
    id: 'large-changed',
    title: `Push a file of ${size} after a change of 1%: bytes sent`,
    figure: 'wireBytes',
    unit: 'bytes',
    variants: [
      {
        name: 'Palmtree',
        prepare: async () => {
          // Push the change of rsync's run first.
          await client.request({ op: 'push' });
          await change();
        },
        run: async () => {
          const { ms, uploadedBytes = Number.NaN } = await client.request({ op: 'push' });
          return { ms, wireBytes: uploadedBytes };
        },
      },
      {
        name: 'rsync -a over ssh',
        prepare: async () => {
          await rsync(testbed, root, testbed.sshPath(copy));
          await change();
        },
        run: () => rsync(testbed, root, testbed.sshPath(copy)),
      },
    ],
    targets: [{ baseline: 'rsync -a over ssh', max: 1.1 }],
    rounds: testbed.scale.slowRounds,
  };
}

async function renamedFolder(testbed: Testbed): Promise<Benchmark> {
  const { renamedFiles: count, rounds } = testbed.scale;
  const root = testbed.path('renamed');
  makeFiles(join(root, 'old'), count, 2048);
  const client = await testbed.client(root, testbed.newTree());
  await client.request({ op: 'track', paths: [''] });
  await client.request({ op: 'push' });
  let names: readonly [string, string] = ['old', 'new'];
  const palmtree: Variant = {
    name: 'Palmtree',
    prepare: async () => {
      await rename(join(root, names[0]), join(root, names[1]));
      names = names[0] === 'old' ? ['new', 'old'] : ['old', 'new'];
    },
    run: async () => {
      const scanned = await client.request({ op: 'rescan' });
      const pushed = await client.request({ op: 'push' });
      if (pushed['uploadedBytes'] !== 0) throw new Error('the push of a rename sent content');
      return { ms: pushed.ms, beyondScanMs: pushed.ms - scanned.ms };
    },
  };
  return {
    id: 'rename',
    title: `Push a renamed folder of ${count.toLocaleString('en')} files: time beyond the scan, no content sent`,
    figure: 'beyondScanMs',
    variants: [palmtree],
    targets: [{ max: 1000 }],
    rounds,
  };
}

async function slowLink(testbed: Testbed, link: Link): Promise<Benchmark> {
  const { slowLinkFiles, slowRounds } = testbed.scale;
  const root = testbed.path('slow');
  makeFiles(root, slowLinkFiles * 2, 4096);
  const toServer = await startShapedPort(testbed.server.port, link);
  const toSsh = await startShapedPort(testbed.ssh.port, link);
  const client = await testbed.client(root, testbed.newTree(), toServer);
  await client.request({ op: 'track', paths: [''] });
  await client.request({ op: 'push' });
  const rsyncCopy = testbed.path('slow-rsync');
  await rsync(testbed, root, testbed.sshPath(rsyncCopy));
  let round = 0;
  const change = (): Promise<void> => {
    round++;
    for (let number = 0; number < slowLinkFiles; number++)
      changeFile(root, number * 2, `round ${round} file ${number}`);
    return Promise.resolve();
  };
  return {
    id: 'slow-link',
    title: `Push ${slowLinkFiles.toLocaleString('en')} changed files over a link of 20 ms and 100 Mbit/s`,
    variants: [
      { name: 'Palmtree', prepare: change, run: () => client.request({ op: 'push' }) },
      {
        name: 'rsync -a over ssh',
        prepare: change,
        run: () => rsync(testbed, root, testbed.sshPath(rsyncCopy), toSsh),
      },
    ],
    targets: [{ baseline: 'rsync -a over ssh', max: 1.1 }],
    rounds: slowRounds,
  };
}

/** Starts a slow link to `port` in a process of its own. Returns the port of its other end. */
async function startShapedPort(port: number, link: Link): Promise<number> {
  const script = join(import.meta.dirname, 'shaper.mts');
  const child = registerChild(
    fork(script, [JSON.stringify({ ...link, port })], { execPath: nodeBinary, execArgv: [], detached: true }),
  );
  // The process exits when its IPC channel closes with this process.
  child.unref();
  child.channel?.unref();
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('message', (started: { port: number }) => resolve(started.port));
  });
}
